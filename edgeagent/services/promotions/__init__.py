"""Promos and ads: what may be shown, what was, and why; nothing of it leaves the box."""
