"""A virtual fleet: many boxes' weeks, in batches, through the mechanism and the real estimator."""
