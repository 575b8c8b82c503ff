"""When simulated time begins."""

from __future__ import annotations

__all__ = ["START"]

START = 1_767_571_200
"""Monday 2026-01-05T00:00:00Z, the beginning of the simulated weeks."""
