"""The heads: fitted, judged, and drawn as graphs that the box runs."""
