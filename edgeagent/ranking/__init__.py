"""Ranking: from scores to picks with reasons. Pure: no I/O, no clock."""
