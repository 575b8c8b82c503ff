"""Who listens to switches is told of every change, by whichever way it was made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edgeagent.api.call import Call

__all__ = ["telling_of_changes"]


@contextmanager
def telling_of_changes(call: Call) -> Iterator[None]:
    """Tell listeners what a block changed, also when it ends in an error."""
    try:
        yield
    finally:
        call.events.extend(call.desk.news())
