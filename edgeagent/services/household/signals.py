"""Privacy signals from the platform or a browser: they withdraw consent and never grant it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from edgeagent.consent import ConsentRecord, Purpose
from edgeagent.errors import InputError
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.store import LedgerStore

__all__ = ["Signal", "apply_signal"]


class Signal(StrEnum):
    """The signals that a platform or a browser may send for the household."""

    DO_NOT_SHARE = "do-not-share"
    """RDK ``org.rdk.UserSettings.privacyMode`` = DO_NOT_SHARE: nothing leaves the box."""
    GLOBAL_PRIVACY_CONTROL = "gpc"
    """``Sec-GPC: 1`` (W3C Global Privacy Control): neither sold nor shared."""
    LIMIT_AD_TRACKING = "limit-ad-tracking"
    """Firebolt ``Advertising.policy`` limitAdTracking: no choice of promotions."""


_NARROWS: dict[Signal, tuple[Purpose, ...]] = {
    Signal.DO_NOT_SHARE: (Purpose.REPORTING, Purpose.PROMOTION),
    Signal.GLOBAL_PRIVACY_CONTROL: (Purpose.REPORTING, Purpose.PROMOTION),
    Signal.LIMIT_AD_TRACKING: (Purpose.PROMOTION,),
}


def apply_signal(
    signal: Signal,
    *,
    ledger: LedgerStore,
    gate: ConsentGate,
    withdraw: Callable[[Purpose, str], ConsentRecord],
) -> tuple[ConsentRecord, ...]:
    """Withdraw the purposes that a signal forbids, for every profile that granted them.

    When the signal ends, nothing is granted again: the household has to be asked.

    Returns:
        The withdrawals; empty if none of the purposes was granted.

    Raises:
        InputError: there is no such signal.

    """
    if signal not in _NARROWS:
        raise InputError(f"there is no signal {signal!r}", hint=f"one of: {', '.join(Signal)}")
    return tuple(
        withdraw(purpose, profile)
        for profile in ledger.profiles_with_decisions()
        for purpose in _NARROWS[signal]
        if gate.holds(purpose, profile=profile)
    )
