"""What is worked out of reports before it is shown."""

from __future__ import annotations

import pytest

from edgeagent.dashboard.left import draw_timeline, read_report
from edgeagent.messages.answers.reports import DisclosureShape


def drawn(*, body: str, odds: str, task: str) -> DisclosureShape:
    return DisclosureShape(
        report_id="r",
        week=2900,
        week_start=0,
        task=task,
        recipient="https://models.example",
        body=body,
        drawn_at=0,
        due_at=0,
        settled_at=None,
        outcome=None,
        epsilon=1.0,
        odds=odds,
        meaning="",
    )


def test_what_a_report_tells_is_worked_out_for_both_mechanisms() -> None:
    subset = read_report(
        drawn(body='{"counts":[1,1,0,0]}  ', odds="3", task="subset_selection.4.3-1.1")
    )
    assert (subset.true_fraction, subset.ticked, subset.padding_bytes) == (0.75, 2, 2)
    assert subset.other_fraction == pytest.approx((0.75 + 0.25 * 2) / 3)
    assert subset.bet_fraction == 0.75
    counted = read_report(drawn(body='{"counts":[-3,7]}', odds="2", task="discrete_laplace.2"))
    assert (counted.is_subset, counted.counts) == (False, (-3, 7))
    assert counted.bet_fraction == pytest.approx(2 / 3)
    assert (subset.tells_daypart, counted.tells_daypart) == (False, False)
    by_group = "subset_selection.group_daypart.4.3-1.1"
    assert read_report(drawn(body='{"counts":[1,1,0,0]}', odds="3", task=by_group)).tells_daypart


def test_the_timeline_shows_a_year_back_and_the_next_report() -> None:
    now, week = 1_790_000_000, 604_800
    line = draw_timeline([now - 60 * week, now - 52 * week, now], now=now, next_at=now + 18 * week)
    assert line.past == (0.0, line.today)
    assert (round(line.today, 3), line.next) == (0.743, 1.0)
    assert draw_timeline([], now=now, next_at=now + 99 * week).next == 1.0
