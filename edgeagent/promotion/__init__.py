"""Promos and ads: which may be shown, how often, and which one is; pure, and without numpy."""
