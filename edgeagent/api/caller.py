"""Who calls: classes of caller, by what they may do."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Caller"]


class Caller(IntEnum):
    """Classes of caller; a higher one may do whatever a lower one may."""

    APP = 1
    """Any local client: tells what was watched, reads switches, and narrows them."""
    MANAGE = 2
    """Acts for the household: an allowed user on the unix socket, or who holds the token."""

    @property
    def label(self) -> str:
        """The name in the OpenRPC document."""
        return self.name.lower()
