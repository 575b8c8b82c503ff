"""The methods and events of the API, by noun: what a caller can ask, and what it gets."""
