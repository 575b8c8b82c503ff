"""The reporting calendar: every thirteenth week of a box, none while it is silent, none twice."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from edgeagent.clock import WEEK_SECONDS, week_of, week_start
from edgeagent.reporting_calendar import SPACING_WEEKS, ReportingCalendar, first_week_after_silence

CALENDAR = ReportingCalendar(phase=4, first_week=1000)
weeks = st.integers(0, 5000)
calendars = st.builds(ReportingCalendar, phase=st.integers(0, SPACING_WEEKS - 1), first_week=weeks)


def test_thirteen_whole_weeks_are_silent() -> None:
    for second in (0, WEEK_SECONDS - 1):
        assert first_week_after_silence(week_start(1000) + second) == 1014


def test_reporting_weeks_are_of_the_phase_of_the_box() -> None:
    assert CALENDAR.next(0) == 1005  # 77 * 13 + 4
    assert CALENDAR.next(1005) == 1005
    assert CALENDAR.next(1006) == 1018
    assert CALENDAR.latest_ended(week_start(1018) + WEEK_SECONDS - 1) == 1005
    assert CALENDAR.latest_ended(week_start(1019)) == 1018


def test_a_closed_week_is_passed_over() -> None:
    assert CALENDAR.next(1005, closed={1005, 1018, 1044}) == 1031


def test_what_was_left_open_is_found_from_the_latest_back_to_what_is_closed() -> None:
    assert list(CALENDAR.unclosed_before(1057, closed={1018})) == [1044, 1031]
    assert list(CALENDAR.unclosed_before(1031, closed=())) == [1018, 1005]  # 992 was silent


@given(calendars, weeks, st.sets(weeks, max_size=9))
def test_the_next_week_is_the_first_that_may_be_drawn(
    calendar: ReportingCalendar, week: int, closed: set[int]
) -> None:
    found = calendar.next(week, closed=closed)
    for other in range(max(week, calendar.first_week), found + 1):
        may_be_drawn = other % SPACING_WEEKS == calendar.phase and other not in closed
        assert may_be_drawn == (other == found)


@given(calendars, st.integers(0, 2**32))
def test_the_latest_week_has_ended_and_the_one_after_it_has_not(
    calendar: ReportingCalendar, now: int
) -> None:
    latest = calendar.latest_ended(now)
    assert latest < week_of(now) <= latest + SPACING_WEEKS
    before = islice(calendar.unclosed_before(latest, closed=()), 3)
    assert all(week % SPACING_WEEKS == calendar.phase for week in (latest, *before))
