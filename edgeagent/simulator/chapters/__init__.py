"""Chapters: what a run adds to its report page when it is asked to, each in a module of its own."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["CHAPTERS", "ChapterName"]

ChapterName = Literal["promo", "artwork", "plan", "drift"]
CHAPTERS: tuple[ChapterName, ...] = get_args(ChapterName)
"""In the order of the page."""
