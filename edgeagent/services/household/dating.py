"""Viewings from before the time was known get their date once it is.

A box that boots in 1970 stores what it is told at once. What is sure is how long after the start of
the box that was. Viewings of this boot are dated by that. Those of an earlier boot were at some
time before this one began: at the latest just before, which is where they are put, in their order.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgeagent.services.private_viewing.private_session import PrivateSession
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.store import HistoryStore, UndatedViewing

__all__ = ["date_viewings"]


def date_viewings(history: HistoryStore, *, clock: DeviceClock, private: PrivateSession) -> int:
    """Date what has no date, if the time is known, and return how many viewings that were.

    Every reader comes here first, so that what is asked first is cheap. Nothing is written in a
    private session.

    Where no server ever said the time, a clock that is not surely wrong is all there is.
    """
    is_known = clock.is_known() or not (clock.is_behind() or clock.evidence.vouched_until)
    if not is_known or not history.undated.exist() or private.ends_at() is not None:
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
            # Of several, the later boots have been dated by now, so that this one ended before.
            boot_id = viewing.boot_id
            end = min([boot_began, *dates])
            of_boot = [other for other in viewings if other.boot_id == boot_id]
            boot_began = end - max(other.boot_seconds for other in of_boot)
        dates.append(max(0, int(boot_began + viewing.boot_seconds)))
    return dates
