"""Since when nothing has been deleted by age: a week that began earlier may lack viewings.

Such a week is not reported, since a count of what is left would be biased to "none". Only dates
decide, never whether a viewing was there. Longer retention brings nothing back, so the period kept
before it grew is stored.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgeagent.clock import DAY_SECONDS
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds
from edgeagent.services.state_store import StateStore
from edgeagent.store import LedgerStore

__all__ = ["WholeHistory"]

_STATE_NAME = "whole history"
_CAP_BYTES = 1024


class _Pruned(KeptMessage, frozen=True, kw_only=True):
    """The last pruning of the history."""

    days: Annotated[int, Meta(ge=1)] | None = None
    """Days kept at that time; ``None``: never pruned."""
    whole_from: Seconds = 0
    """The oldest kept moment, seconds UTC, when retention last grew."""


class WholeHistory:
    """Stores how far pruning has deleted; written when retention changes, not daily."""

    def __init__(self, ledger: LedgerStore) -> None:
        """Keep it in ``ledger``."""
        self._states = StateStore(ledger, _STATE_NAME, _Pruned, cap_bytes=_CAP_BYTES)

    def note(self, days: int, *, now: int) -> None:
        """Record, before pruning, that viewings of ``days`` days are kept."""
        if self._states.load().days != days:
            whole_from = self.whole_from(days, now=now)
            self._states.change(lambda _: _Pruned(days=days, whole_from=whole_from))

    def whole_from(self, days: int, *, now: int) -> int:
        """Return since when, seconds UTC, nothing was deleted if ``days`` are kept now."""
        pruned = self._states.load()
        return max(pruned.whole_from, now - min(days, pruned.days or days) * DAY_SECONDS)
