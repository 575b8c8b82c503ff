"""Apply every recorded withdrawal to the stores.

A withdrawal deletes what is older than its sequence number in the ledger's chain, whenever it is
carried out. What was stored after consent was given again is newer and stays, as do titles that
were hidden while there was no history.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edgeagent.clock import Clock
from edgeagent.consent import ConsentRecord, DatedConsent, Purpose, latest_decisions
from edgeagent.errors import LedgerBroken
from edgeagent.store import EVERYTHING, Home, LedgerStore, Reach
from edgeagent.store.deletions import DELETING_PURPOSES

__all__ = ["Withdrawals", "withdrawals"]


class Withdrawals:
    """Deletes what depended on a withdrawn consent."""

    def __init__(self, home: Home, *, clock: Clock) -> None:
        """Delete it in the stores of ``home``."""
        self._home = home
        self._clock = clock

    def finish(self) -> None:
        """Delete what depends on a withdrawn consent; cheap if there is nothing.

        Raises:
            StorageError: the history does not open, or another process keeps old pages in use.

        """
        ledger = self._home.ledger
        try:
            ledger.check()
        except LedgerBroken:
            return  # a broken ledger grants nothing; doctor says what to do
        ledger.deletions.settle_owed(at=self._clock.now())
        ledger.deletions.call_off_older(at=self._clock.now())
        latest: dict[tuple[str, Purpose], DatedConsent] = {}
        withdrawn: dict[tuple[str, Purpose], DatedConsent] = {}
        for dated in ledger.dated_consents():
            if dated.is_of_former:
                continue  # a former profile's rows are gone already, and renamed rows stay
            key = (dated.profile, dated.record.purpose)
            latest[key] = dated
            if dated.record.event == "withdrawn":
                withdrawn[key] = dated
        for key, dated in withdrawn.items():
            # Rows without a sequence number (from an earlier release) may be newer than a consent
            # that was given again, so only the latest withdrawal deletes them.
            until = dated.record.at if latest[key] is dated else -1
            self._undo(*key, reach=Reach(seq=dated.seq, unplaced_until=until))

    def finish_log(self) -> None:
        """Delete what was shown or listed before the last deletion; cheap if there is nothing.

        A release that does not know the log may have carried it out, after a roll-back.

        Raises:
            StorageError: as :meth:`finish`.

        """
        last = self._home.ledger.deletions.last()
        self._home.history.drop_derived(before_seq=last)

    def undo_all(self, purpose: Purpose, profile: str, *, since: LedgerBroken) -> LedgerBroken:
        """Delete what depends on a purpose when no withdrawal can be recorded.

        Returns:
            The error to show: the recorded consent is in force again once the ledger can be read.

        """
        if purpose in DELETING_PURPOSES:
            self._home.ledger.deletions.owe()
        self._undo(profile, purpose, reach=EVERYTHING)
        return LedgerBroken(
            f"{since}: what depended on {purpose} is deleted and nothing is granted now, but the "
            "withdrawal is not recorded; the consent is in force again once the ledger is whole",
            hint=f"{since.hint}; then withdraw it again",
        )

    def undo_everything(self, profiles: Iterable[str], *, since: LedgerBroken) -> LedgerBroken:
        """Delete what depends on any purpose of these profiles; as :meth:`undo_all`."""
        self._home.ledger.deletions.owe()
        for profile in profiles:
            for purpose in Purpose:
                self._undo(profile, purpose, reach=EVERYTHING)
        return LedgerBroken(
            f"{since}: what depended on consents is deleted and nothing is granted now, but no "
            "withdrawal is recorded; the consents are in force again once the ledger is whole",
            hint=f"{since.hint}; then switch everything off again",
        )

    def _undo(self, profile: str, purpose: Purpose, *, reach: Reach) -> None:
        if purpose is Purpose.HISTORY:
            self._home.history.purge(profile, reach=reach)
        elif purpose is Purpose.PERSONALIZATION:
            self._home.history.drop_picks(profile, reach=reach)
        if purpose is Purpose.PROMOTION:
            self._home.history.showings.drop(before_seq=reach.seq)
        elif purpose is not Purpose.REPORTING:  # which had no part in what was shown
            self._home.history.drop_derived(before_seq=reach.seq)


def withdrawals(ledger: LedgerStore, profile: str, *, at: int) -> tuple[ConsentRecord, ...]:
    """Return the records that withdraw every consent a profile has given."""
    return tuple(
        msgspec.structs.replace(record, event="withdrawn", at=at, expires_at=at, actor="user")
        for record in latest_decisions(ledger.consents(profile))
        if record.event == "given"
    )
