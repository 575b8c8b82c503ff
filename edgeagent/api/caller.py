"""Classes of caller, by what they may do."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Caller"]


class Caller(IntEnum):
    """Classes of caller; a higher one may do all that a lower one may."""

    APP = 1
    """Any local client: reports viewings, reads privacy flags, and may switch them off."""
    MANAGE = 2
    """Acts for the household: an allowed user on the unix socket, or a client with the token."""

    @property
    def label(self) -> str:
        """The name in the OpenRPC document."""
        return self.name.lower()
