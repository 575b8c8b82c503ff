"""Line-ups from counts of groups by daypart, against an audience that is known."""

from __future__ import annotations

import numpy as np
import pytest

from edgeagent.errors import InputError
from edgeagent.messages.task import DAYPARTS, GroupDayparts
from server_stub.planning.line_up import Rules
from server_stub.planning.mix import SessionMix, session_mix
from server_stub.planning.offers import offer_weights
from server_stub.planning.schedule import plan_schedule
from tests.server_stub.loopback import make_task
from tests.server_stub.planning.audiences import MANIFEST, drawn, portrait
from tests.server_stub.planning.test_planning_line_up import candidate, slot
from tests.server_stub.planning.test_planning_schedule import only

GROUPS = (0, 0, 1, 1, 2, 2, 3, 3)
"""The last segment, in the last group, is sensitive."""
TASK = make_task(
    categories=17,
    sensitive=(7,),
    by_group=GroupDayparts(groups=GROUPS, utc_offset_minutes=60),
)
SHARES = np.array(
    [
        *(0.00, 0.02, 0.08, 0.10),  # the first group, by daypart
        *(0.08, 0.02, 0.05, 0.25),
        *(0.02, 0.10, 0.05, 0.01),
        *(0.00, 0.03, 0.04, 0.05),
        0.10,
    ]
)


def mix(seed: int, *, reports: int = 20_000) -> SessionMix:
    return session_mix(drawn(seed, reports=reports, truth=SHARES.tolist()), TASK, MANIFEST)


def test_a_title_weighs_as_much_as_its_group_in_the_slots_daypart() -> None:
    appeal = (0.1, 0.3, 0.0, 0.0, 0.0, 0.0, 0.4, 1.0)
    evening = offer_weights(TASK, appeal, "evening")
    assert evening == pytest.approx([0, 0, 0, 0.2, *[0] * 8, 0, 0, 0, 0.4])
    assert offer_weights(TASK, appeal, "") == pytest.approx([*[0.2] * 4, *[0] * 8, *[0.4] * 4])
    # As the panel watches: three of four sessions of the first group are in its first segment.
    shares = (0.3, 0.1, *[0.1] * 6)
    segments = tuple(
        type(one)(**{**{f: getattr(one, f) for f in one.__struct_fields__}, "share": share})
        for one, share in zip(portrait().segments, shares, strict=True)
    )
    assert offer_weights(TASK, appeal, "night", portrait(segments=segments))[0] == pytest.approx(
        0.75 * 0.1 + 0.25 * 0.3
    )


def test_titles_go_where_their_audience_is_and_intervals_hold_the_truth() -> None:
    titles = [
        candidate(0, **only(0, 0.2)),
        candidate(1, **only(2, 0.2)),
        candidate(2, **only(4, 0.2)),
    ]
    slots = [slot("early", daypart="morning"), slot("late", daypart="evening")]
    found = [plan_schedule(mix(seed, reports=30_000), titles, slots, Rules()) for seed in range(30)]
    line_ups = [[one.chosen.entity_id for one in each.line_up] for each in found]
    assert line_ups.count(["t2", "t1"]) >= 25
    # Half of the group's appeal: its other segment does not watch the title.
    truth = {"morning": 0.1 * SHARES[2 * 4 + 1], "evening": 0.1 * SHARES[1 * 4 + 3]}
    for place, daypart in enumerate(("morning", "evening")):
        good = [
            each.line_up[place].chosen
            for each, ids in zip(found, line_ups, strict=True)
            if ids == ["t2", "t1"]
        ]
        held = sum(one.low <= truth[daypart] <= one.high for one in good)
        assert held >= 0.8 * len(good)
    said = " ".join(found[0].unknown)
    assert "taken the same (give --portrait)" in said
    assert "UTC+01:00" in said
    assert "dayparts are measured" not in said


def test_a_daypart_that_is_not_counted_is_said_with_those_that_are() -> None:
    with pytest.raises(
        InputError, match="slot 'prime': daypart 'prime time' is not counted"
    ) as said:
        plan_schedule(mix(1), [candidate(0)], [slot("prime", daypart="prime time")], Rules())
    assert all(daypart in said.value.hint for daypart in DAYPARTS)


def test_no_single_segment_can_be_planned_for() -> None:
    for ask in (mix(1).segment, mix(1).of_topic):
        with pytest.raises(InputError, match="counts groups of segments by daypart"):
            ask("335")
