"""How counting went: known here alone, never sent. A segmenter that always fails must not hide.

A week that cannot be counted leaves as "none" through the randomiser, so that nobody outside can
tell; without a note nobody inside could either.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds
from edgeagent.services.state_store import StateStore
from edgeagent.store import LedgerStore
from edgeagent.store.state import DERIVED

__all__ = ["DIED", "LATE", "CountHealth", "CountHealthStore"]

DIED = "the box went down while it counted"
LATE = "it was not done in time"

_STATE_NAME = f"{DERIVED}count health"
"""Whether a count failed may depend on what was watched, so a deletion takes it along."""
_CAP_BYTES = 4096


class CountHealth(KeptMessage, frozen=True, kw_only=True):
    """Of the reporting weeks that were booked last."""

    failed: Annotated[int, Meta(ge=0)] = 0
    """How many in a row could not be counted and left as "none"."""
    reason: str = ""
    """Why the last one could not; names an error at most, never what was watched."""
    at: Seconds = 0


class CountHealthStore(StateStore[CountHealth]):
    """Keeps it in the ledger's database."""

    def __init__(self, ledger: LedgerStore) -> None:
        """Keep it in ``ledger``."""
        super().__init__(ledger, _STATE_NAME, CountHealth, cap_bytes=_CAP_BYTES)

    def note(self, reason: str | None, *, at: int) -> None:
        """Note why a week could not be counted; ``None``: it was."""
        self.change(
            lambda now: CountHealth(
                failed=0 if reason is None else now.failed + 1, reason=reason or "", at=at
            )
        )
