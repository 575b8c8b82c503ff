"""Whether reporting weeks could be counted: stored in the box only, never sent.

A week that cannot be counted is reported as "none" through the randomiser, so that no observer can
tell. Without this note a segmenter that always fails would go unnoticed in the box too.
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

DIED = "the box crashed or was switched off while counting"
LATE = "counting did not finish in time"

_STATE_NAME = f"{DERIVED}count health"
"""Whether a count failed may depend on what was watched, so every deletion deletes this note."""
_CAP_BYTES = 4096


class CountHealth(KeptMessage, frozen=True, kw_only=True):
    """The outcome of counting the last booked weeks."""

    failed: Annotated[int, Meta(ge=0)] = 0
    """How many in a row could not be counted and were reported as "none"."""
    reason: str = ""
    """Why the last one failed; at most the name of an error, never what was watched."""
    at: Seconds = 0


class CountHealthStore(StateStore[CountHealth]):
    """Stores it in the ledger's database."""

    def __init__(self, ledger: LedgerStore) -> None:
        """Store it in ``ledger``."""
        super().__init__(ledger, _STATE_NAME, CountHealth, cap_bytes=_CAP_BYTES)

    def note(self, reason: str | None, *, at: int) -> None:
        """Store why a week could not be counted; ``None``: it was counted."""
        self.change(
            lambda now: CountHealth(
                failed=0 if reason is None else now.failed + 1, reason=reason or "", at=at
            )
        )
