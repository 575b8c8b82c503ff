"""Pure: from scores to picks with reasons."""
