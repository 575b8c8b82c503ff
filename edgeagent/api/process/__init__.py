"""The resident process: what it does by itself, when, and how it meets the system around it."""
