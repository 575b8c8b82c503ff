"""From when on nothing has been deleted by age: a week that began earlier may have lost viewings.

By dates alone, whether a viewing was there or not: a count of what is left would lean to "none".
Retention that grows brings nothing back, so what was kept before it grew is remembered.
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
    """How the history was pruned last."""

    days: Annotated[int, Meta(ge=1)] | None = None
    """What was kept then; ``None``: it was never pruned."""
    whole_from: Seconds = 0
    """Where what was kept before it grew had its end."""


class WholeHistory:
    """Remembers what pruning has taken; written when retention changes, not daily."""

    def __init__(self, ledger: LedgerStore) -> None:
        """Keep it in ``ledger``."""
        self._states = StateStore(ledger, _STATE_NAME, _Pruned, cap_bytes=_CAP_BYTES)

    def note(self, days: int, *, now: int) -> None:
        """Note, before the history is pruned, that viewings of so many days stay."""
        if self._states.load().days != days:
            whole_from = self.whole_from(days, now=now)
            self._states.change(lambda _: _Pruned(days=days, whole_from=whole_from))

    def whole_from(self, days: int, *, now: int) -> int:
        """Return from when on nothing was deleted where ``days`` are kept now, seconds UTC."""
        pruned = self._states.load()
        return max(pruned.whole_from, now - min(days, pruned.days or days) * DAY_SECONDS)
