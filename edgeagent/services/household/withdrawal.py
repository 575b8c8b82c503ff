"""Make every withdrawal on record true of the stores.

A withdrawal reaches what is older than its place in the ledger's chain, whenever it is carried out:
what was stored under a consent that was given again, and titles that were hidden without a history,
are newer and stay.
"""

from __future__ import annotations

from edgeagent.clock import Clock
from edgeagent.consent import DatedConsent, Purpose
from edgeagent.errors import LedgerBroken
from edgeagent.store import EVERYTHING, Home, Reach
from edgeagent.store.deletions import DELETING_PURPOSES

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
        ledger.deletions.settle_owed(at=self._clock.now())
        ledger.deletions.call_off_older(at=self._clock.now())
        latest: dict[tuple[str, Purpose], DatedConsent] = {}
        withdrawn: dict[tuple[str, Purpose], DatedConsent] = {}
        for dated in ledger.dated_consents():
            if dated.is_of_former:
                continue  # nothing is left of whoever had the name; what came with a rename stays
            key = (dated.profile, dated.record.purpose)
            latest[key] = dated
            if dated.record.event == "withdrawn":
                withdrawn[key] = dated
        for key, dated in withdrawn.items():
            # Rows without a place are from an earlier release, as is what was given again since.
            until = dated.record.at if latest[key] is dated else -1
            self._undo(*key, reach=Reach(seq=dated.seq, unplaced_until=until))

    def undo_all(self, purpose: Purpose, profile: str, *, since: LedgerBroken) -> LedgerBroken:
        """Delete what rests on a purpose, where no withdrawal can be put on record.

        Returns:
            What to tell the person: the consent that is on record holds again once it can be read.

        """
        if purpose in DELETING_PURPOSES:
            self._home.ledger.deletions.owe()
        self._undo(profile, purpose, reach=EVERYTHING)
        return LedgerBroken(
            f"{since}: what rested on {purpose} is deleted and nothing is allowed now, but the "
            "withdrawal is not on record, and the consent holds again once the ledger is whole",
            hint=f"{since.hint}; then withdraw it again",
        )

    def _undo(self, profile: str, purpose: Purpose, *, reach: Reach) -> None:
        if purpose is Purpose.HISTORY:
            self._home.history.purge(profile, reach=reach)
        elif purpose is Purpose.PERSONALIZATION:
            self._home.history.drop_picks(profile, reach=reach)
