"""The time of the box: what is certain of it, and what may be done on the strength of that."""
