"""Line-ups from counts of groups by daypart, against an audience that is known."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from edgeagent.errors import InputError
from edgeagent.messages.portrait import PanelPortrait
from edgeagent.messages.task import DAYPARTS, GroupDayparts
from server_stub.planning.brief import brief_segment
from server_stub.planning.brief_page import write_brief_page
from server_stub.planning.line_up import Rules
from server_stub.planning.mix import SessionMix, session_mix
from server_stub.planning.offers import offer_weights
from server_stub.planning.reach import plan_reach
from server_stub.planning.schedule import plan_schedule
from tests.server_stub.loopback import make_task
from tests.server_stub.planning.audiences import MANIFEST, drawn, mix_of, portrait
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


def test_a_target_of_whole_groups_is_reached_in_a_daypart() -> None:
    found = [
        plan_reach(mix(seed), [0, 1, 4, 5], daypart="morning", most_sessions=10)
        for seed in range(40)
    ]
    truth = SHARES[1] + SHARES[2 * 4 + 1]
    assert sum(one.low <= truth <= one.high for one in found) >= 34  # 95 % of 40 are 38
    assert float(np.mean([one.share for one in found])) == pytest.approx(truth, abs=0.01)
    all_day = plan_reach(mix(1), [0, 1, 4, 5])
    assert all_day.share == pytest.approx(SHARES[:4].sum() + SHARES[8:12].sum(), abs=0.06)
    assert not all_day.split_by_panel
    assert "morning (UTC+01:00)" in "\n".join(found[0].lines())
    # The sensitive segment is counted in no group: the last group is its one other segment.
    assert plan_reach(mix(1), [6]).share == pytest.approx(SHARES[12:16].sum(), abs=0.06)


def test_a_part_of_a_group_takes_the_panel_and_without_it_there_is_a_way_out() -> None:
    with pytest.raises(InputError, match="segments 0 are counted together with 1") as caught:
        plan_reach(mix(1), [0, 4, 5])
    assert "give --portrait" in caught.value.hint
    assert "--task" in caught.value.hint
    found = plan_reach(mix(1), [0], portrait=of_panel(0.3, 0.1))
    whole = plan_reach(mix(1), [0, 1], portrait=of_panel(0.3, 0.1))
    assert found.share == pytest.approx(0.75 * whole.share)
    assert found.split_by_panel
    assert "segments are split as on the panel" in "\n".join(found.lines())
    assert found.fit is not None
    assert found.fit.inside == pytest.approx(0.5)  # as every segment of the portrait


def test_a_time_of_day_that_was_not_counted_is_refused_with_a_way_out() -> None:
    with pytest.raises(InputError, match="counts segments, and no time of day") as caught:
        plan_reach(mix_of(1), [0], daypart="evening")
    assert "leave --daypart out" in caught.value.hint


def test_a_brief_of_a_segment_that_was_counted_in_a_group_says_so() -> None:
    brief = brief_segment(mix(1), mix(1).segment("Romantic"), of_panel(0.3, 0.1))
    assert brief.share == pytest.approx(0.25 * SHARES[:4].sum(), abs=0.02)
    assert brief.group == ("Comedies", "Romantic comedies")
    assert [one.daypart for one in brief.dayparts] == list(DAYPARTS)
    for one, truth in zip(brief.dayparts, SHARES[:4], strict=True):
        assert one.share == pytest.approx(truth, abs=0.05)
        assert one.low < one.share < one.high
    said = "\n".join(brief.lines())
    assert "counted with Comedies" in said
    assert "its own part of the group: taken as on the panel" in said
    assert "  - the time of day\n" not in said
    by_segment = brief_segment(mix_of(1), 1, portrait())
    assert (by_segment.group, by_segment.dayparts) == ((), ())
    assert "  - the time of day" in by_segment.lines()


def test_the_page_of_a_brief_has_the_time_of_day(tmp_path: Path) -> None:
    write_brief_page(brief_segment(mix(1), 1, portrait()), tmp_path / "brief.html")
    page = (tmp_path / "brief.html").read_text()
    assert "<th scope='row'>Counted with</th><td>Comedies</td>" in page
    assert "of the whole group: night " in page
    write_brief_page(brief_segment(mix_of(1), 1, portrait()), tmp_path / "brief.html")
    assert "Time of day" not in (tmp_path / "brief.html").read_text()


def of_panel(*shares: float) -> PanelPortrait:
    """Return a portrait whose first segments have these shares of the panel."""
    segments = list(portrait().segments)
    for number, share in enumerate(shares):
        segments[number] = msgspec.structs.replace(segments[number], share=share)
    return portrait(segments=tuple(segments))
