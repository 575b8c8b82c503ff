"""What a title is worth in a slot, as weights on the categories of the task that was counted."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from msgspec import UNSET

from edgeagent.errors import InputError
from edgeagent.messages import ReportTask
from edgeagent.messages.portrait import PanelPortrait
from edgeagent.messages.task import DAYPARTS, GroupDayparts
from server_stub.planning.tables import ScheduleSlot

__all__ = ["check_dayparts", "offer_weights"]


def offer_weights(
    task: ReportTask, appeal: Sequence[float], daypart: str, portrait: PanelPortrait | None = None
) -> list[float]:
    """Return the weights [S' − 1] with which the shares add up to a title's part of all sessions.

    Where segments are counted, the time of day is not: the weights are the appeals, in any daypart.
    Where groups are counted by daypart, they are a group's appeal in the slot's daypart, and 0 in
    the others. A group's appeal is the mean over its segments, weighted as the panel watches them.

    Args:
        task: what was counted.
        appeal: [S] of the title.
        daypart: of the slot; empty: all day.
        portrait: of the panel; without it the segments of a group weigh the same.

    """
    if task.by_group is UNSET:
        return list(appeal)
    by_group = [
        _group_appeal(task, task.by_group, group, appeal, portrait)
        for group in range(task.none_category // len(DAYPARTS))
    ]
    return [
        by_group[category // len(DAYPARTS)] * (daypart in ("", DAYPARTS[category % len(DAYPARTS)]))
        for category in range(task.none_category)
    ]


def check_dayparts(task: ReportTask, slots: Sequence[ScheduleSlot]) -> None:
    """Raise where dayparts were counted and a slot names another one.

    Raises:
        InputError: with the slot.

    """
    if task.by_group is UNSET:
        return
    for slot in slots:
        if slot.daypart and slot.daypart not in DAYPARTS:
            raise InputError(
                f"slot {slot.name!r}: daypart {slot.daypart!r} is not counted",
                hint=f"write one of {', '.join(DAYPARTS)}, or nothing for all day",
            )


def _group_appeal(
    task: ReportTask,
    scheme: GroupDayparts,
    group: int,
    appeal: Sequence[float],
    portrait: PanelPortrait | None,
) -> float:
    own = [
        segment
        for segment, its in enumerate(scheme.groups)
        if its == group and segment not in task.sensitive
    ]
    shares = [1.0 if portrait is None else portrait.segments[segment].share for segment in own]
    whole = fsum(shares)
    held = fsum(share * appeal[segment] for share, segment in zip(shares, own, strict=True))
    return held / whole if whole > 0 else 0.0
