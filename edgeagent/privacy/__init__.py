"""Randomisers, accounting and release: pure, without numpy, shared with the server."""
