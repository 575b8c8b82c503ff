"""Everything off: what any profile has allowed is withdrawn at once, and what rested on it goes."""

from __future__ import annotations

from edgeagent.consent import ConsentRecord
from edgeagent.errors import LedgerBroken
from edgeagent.services.context import BoxContext
from edgeagent.services.household.privacy_flags import clear_flags
from edgeagent.services.household.withdrawal import Withdrawals, withdrawals

__all__ = ["switch_everything_off"]


def switch_everything_off(box: BoxContext) -> tuple[ConsentRecord, ...]:
    """Withdraw every purpose of every profile, also what has lapsed; profiles and records stay.

    All decisions are one transaction, so that a power cut leaves all of them or none. Before them
    go Firebolt's flags that no purpose stands behind, upon which the platform acts.

    Returns:
        The withdrawals; empty if nothing was allowed.

    Raises:
        LedgerBroken: no withdrawal could be recorded; what depended on one is deleted all the same.
        StorageError: the history does not open; the next start deletes what is left.

    """
    ledger, now = box.home.ledger, box.clock.now()
    clear_flags(ledger)
    deleting = Withdrawals(box.home, clock=box.clock)
    profiles = ledger.profiles_with_decisions()
    records = tuple(
        record for profile in profiles for record in withdrawals(ledger, profile, at=now)
    )
    try:
        ledger.append_consent(*records, clock_was_behind=box.clock.is_behind())
    except LedgerBroken as error:
        known = {*profiles, *(profile.name for profile in box.home.history.profiles())}
        raise deleting.undo_everything(sorted(known), since=error) from error
    deleting.finish()  # redone at the next start until it is complete
    return records
