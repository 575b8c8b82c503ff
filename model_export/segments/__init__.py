"""Segments of a log's sessions: found, carried over from the model before, named and drawn."""
