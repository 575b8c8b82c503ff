"""What a box remembers of the list of releases; :mod:`release_rules` compares the next one.

The rules are apart because the idle service, which reads this, compares nothing.
"""

from __future__ import annotations

from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds, Sha256

__all__ = ["CONFLICT", "ReleaseWatch", "ReleasesConflict", "ReleasesSeen"]

CONFLICT = "the repository contradicts what it has shown before"
_COMPARE = "compare list, length and head in 'edgeagent model status' with another box"
_NEW_LIST = (
    "nothing is installed or reported until the publisher begins a new list of releases, signed "
    f"with the root keys; {_COMPARE}"
)
_LONGER_LIST = (
    "nothing is installed or reported until an update is shown a list that goes on from the one "
    "seen, as from a mirror that was behind, or until the publisher begins a new list of releases; "
    f"{_COMPARE}"
)


class ReleasesSeen(KeptMessage, frozen=True, kw_only=True):
    """The list as this box saw it last; two boxes can compare theirs."""

    list_id: str
    length: int
    """Number of entries."""
    head: Sha256
    """Of all of them, see :mod:`edgeagent.messages.release_list`."""
    root_version: int
    accepted_at: Seconds
    """When the box first saw a list of this id."""
    earlier_id: str | None = None
    """Of the list before, if the root has named another since."""


class ReleasesConflict(KeptMessage, frozen=True, kw_only=True):
    """Why nothing is installed or reported."""

    reason: str
    at: Seconds
    """When it was noticed."""
    list_id: str | None
    """That the root named then."""
    root_version: int
    is_shorter: bool = False
    """Whether the list only lacked entries at its end, so that one that has them ends this."""

    @property
    def hint(self) -> str:
        """What ends it."""
        return _LONGER_LIST if self.is_shorter else _NEW_LIST


class ReleaseWatch(KeptMessage, frozen=True, kw_only=True):
    """What a box knows about the list of releases."""

    seen: ReleasesSeen | None = None
    """``None``: the repository has never kept a list."""
    conflict: ReleasesConflict | None = None
