"""Drift: whether tastes have moved since a model was trained, and priors that follow them."""
