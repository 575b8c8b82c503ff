"""Segments: from probabilities to a segment and a report category. Pure: no I/O, no clock."""
