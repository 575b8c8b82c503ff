"""The time of the box: what is certain about it, and what may be done because of that."""
