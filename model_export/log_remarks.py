"""What is odd about a log of viewings as a whole, and what the cause may be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeagent.messages.task import PERMITTED_SEGMENTS
from model_export.log import WatchLog

__all__ = ["log_remarks"]

_EVENING_SECONDS = 6 * 3600
"""Viewings all within it are hardly a log of weeks; exports stamp their own time on every row."""


def log_remarks(log: WatchLog) -> tuple[str, ...]:
    """Return a sentence for each way in which a log is too uniform or too small to train on."""
    return (*log.remarks, *_too_uniform(log), *_too_small(log))


def _too_uniform(log: WatchLog) -> Iterator[str]:
    if log.is_invented or not len(log):
        return
    if log.user_count == 1:
        yield "all viewings are of one person: 'user' has to say whose each viewing is"
    if len(np.unique(log.items)) == 1:
        yield "all viewings are of one title: 'item' has to say what was watched"
    span = int(log.watched_on.max() - log.watched_on.min())
    if span == 0:
        yield "all viewings are of one second: 'timestamp' has to say when each was watched"
    elif span < _EVENING_SECONDS:
        yield f"all viewings lie within {span:,} seconds: is 'timestamp' when each was watched?"


def _too_small(log: WatchLog) -> Iterator[str]:
    least = min(PERMITTED_SEGMENTS)
    if len(log) < least:
        yield (
            f"{len(log)} viewings: 'train' needs {least} different sessions at least, and some "
            "hundred people to be of use"
        )
