"""Date viewings that were stored before the time was known.

A box whose clock starts in 1970 stores viewings at once, with the boot time at which each came in.
Once the time is known, viewings of this boot are dated by their boot time. Viewings of an earlier
boot were watched before this one began, so they are dated just before it, in their order.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgeagent.services.private_viewing.private_session import PrivateSession
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.store import HistoryStore, UndatedViewing

__all__ = ["date_viewings"]


def date_viewings(
    history: HistoryStore, *, clock: DeviceClock, private: PrivateSession | None
) -> int:
    """Date the viewings without a date, if the time is known, and return how many were dated.

    Every reader calls this first, so the cheapest checks come first. Nothing is written during a
    private session; ``None`` for ``private`` is for a deletion, which writes anyway.

    Where no server ever signed a time, the clock is used unless it is certainly wrong.
    """
    is_known = clock.is_known() or not (clock.is_behind() or clock.evidence.vouched_until)
    if not is_known or not history.undated.exist():
        return 0
    if private is not None and private.ends_at() is not None:
        return 0

    def dates(viewings: Sequence[UndatedViewing]) -> list[int]:
        return _dates(viewings, clock=clock)

    return history.undated.date(dates, clock.boot_id())


def _dates(viewings: Sequence[UndatedViewing], *, clock: DeviceClock) -> list[int]:
    """Return the date of each, latest stored first."""
    boot_id, boot_began = clock.boot_id(), clock.now() - clock.boot_seconds()
    dates: list[int] = []
    for viewing in viewings:
        if viewing.boot_id != boot_id:
            # Later boots have been dated by now, so this boot ended before the oldest of those
            # dates.
            boot_id = viewing.boot_id
            end = min([boot_began, *dates])
            of_boot = [other for other in viewings if other.boot_id == boot_id]
            boot_began = end - max(other.boot_seconds for other in of_boot)
        dates.append(max(0, int(boot_began + viewing.boot_seconds)))
    return dates
