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

__all__ = ["check_dayparts", "check_target", "offer_weights", "segment_shares"]


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


def check_target(
    task: ReportTask, target: Sequence[int], daypart: str, portrait: PanelPortrait | None
) -> None:
    """Raise where the categories of a task cannot tell of a target, with a way out.

    Args:
        task: what was counted.
        target: the segments.
        daypart: empty: all day.
        portrait: of the panel.

    Raises:
        InputError: time of day is not counted, or groups are, and the target is a part of one.

    """
    if task.by_group is UNSET:
        if daypart:
            raise InputError(
                f"{task.name} counts segments, and no time of day",
                hint="leave --daypart out, or name the --task of a quarter that counted groups",
            )
        return
    for group in range(task.none_category // len(DAYPARTS)):
        own = _of_group(task, task.by_group, group)
        inside = [segment for segment in own if segment in target]
        if inside and len(inside) < len(own) and portrait is None:
            others = ", ".join(str(segment) for segment in own if segment not in target)
            raise InputError(
                f"{task.name} counts groups: segments {', '.join(map(str, inside))} are counted "
                f"together with {others}",
                hint="give --portrait, which says how the panel splits them; or name the whole "
                "group, or the --task of a quarter that counted by segment",
            )


def segment_shares(
    task: ReportTask, shares: Sequence[float], portrait: PanelPortrait
) -> list[float]:
    """Return [S] the share of each segment, at least 0; a group's is split as the panel's is.

    Args:
        task: what was counted.
        shares: [S'] of its categories.
        portrait: of the panel.

    """
    if task.by_group is UNSET:
        return [max(share, 0.0) for share in shares[: task.segments]]
    found = [0.0] * task.segments
    for group in range(task.none_category // len(DAYPARTS)):
        own = _of_group(task, task.by_group, group)
        first = len(DAYPARTS) * group
        whole = max(fsum(shares[first : first + len(DAYPARTS)]), 0.0)
        panel = fsum(portrait.segments[segment].share for segment in own)
        for segment in own if panel > 0 else ():
            found[segment] = whole * portrait.segments[segment].share / panel
    return found


def _of_group(task: ReportTask, scheme: GroupDayparts, group: int) -> list[int]:
    """Return the segments whose sessions a group counts."""
    return [
        segment
        for segment, its in enumerate(scheme.groups)
        if its == group and segment not in task.sensitive
    ]


def _group_appeal(
    task: ReportTask,
    scheme: GroupDayparts,
    group: int,
    appeal: Sequence[float],
    portrait: PanelPortrait | None,
) -> float:
    own = _of_group(task, scheme, group)
    shares = [1.0 if portrait is None else portrait.segments[segment].share for segment in own]
    whole = fsum(shares)
    held = fsum(share * appeal[segment] for share, segment in zip(shares, own, strict=True))
    return held / whole if whole > 0 else 0.0
