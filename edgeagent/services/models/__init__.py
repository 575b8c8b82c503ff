"""The models that rank: fetched, checked, switched, and dropped when they fail."""
