"""Make every withdrawal on record true of the stores."""

from __future__ import annotations

from edgeagent.clock import Clock
from edgeagent.consent import Purpose
from edgeagent.errors import LedgerBroken
from edgeagent.store import Home

__all__ = ["Withdrawals"]


class Withdrawals:
    """Undoes what rested on a consent that was withdrawn."""

    def __init__(self, home: Home, *, clock: Clock) -> None:
        """Undo it in the stores of ``home``."""
        self._home = home
        self._clock = clock

    def finish(self) -> None:
        """Undo whatever rests on a withdrawn consent; cheap when nothing does.

        Raises:
            StorageError: the history does not open, or another process keeps old pages in use.

        """
        ledger = self._home.ledger
        try:
            ledger.check()
        except LedgerBroken:
            return  # nothing is granted while it lasts; doctor says what to do
        ledger.deletions.call_off_older(at=self._clock.now())
        for record in ledger.latest_consents():
            if record.event == "withdrawn":
                self.undo(record.purpose, record.profile, withdrawn_at=record.at)

    def undo(self, purpose: Purpose, profile: str, *, withdrawn_at: int) -> None:
        """Delete what rested on a purpose; cheap when nothing does.

        Titles that were hidden after the withdrawal stay hidden: that needs no history.
        """
        if purpose is Purpose.HISTORY:
            self._home.history.purge(profile, marked_until=withdrawn_at)
        elif purpose is Purpose.PERSONALIZATION:
            self._home.history.drop_picks(profile)
