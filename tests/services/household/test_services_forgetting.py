"""Viewings of a span of time are deleted: those and no others, and nothing that tells of them."""

from __future__ import annotations

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.store import ViewingSpan
from tests.services.conftest import Box
from tests.services.household.test_services_titles import CutError, cut, with_picks


def kept(box: Box, profile: str = "main") -> list[tuple[str, int]]:
    """Return title and age in seconds of what is kept, newest first."""
    now = box.clock.now()
    found = box.agent._home.history.window(profile)
    return [(one.entity_id, now - one.watched_on) for one in reversed(found)]


def test_a_span_ends_before_its_end_and_one_without_holds_dates_ahead(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    for ago in (0, 60, 120, 180):
        box.watch("t:1", ago=ago)
    now, history = box.clock.now(), box.agent.history
    assert history.forget(ViewingSpan(since=now - 120, until=now - 60), profile="main") == 1
    assert kept(box) == [("t:1", 0), ("t:1", 60), ("t:1", 180)]
    box.clock.advance(-30)
    assert history.forget(ViewingSpan(since=now - 60), profile="main") == 2
    assert kept(box) == [("t:1", 150)]


def test_the_last_hour_of_a_clock_that_is_behind_is_not_the_whole_history(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.watch("t:1", ago=3 * DAY_SECONDS)
    box.clock.jump(0)
    box.clock.reboot()
    box.reopen()
    box.watch("t:2")
    now, history = box.agent.clock.now(), box.agent.history
    with pytest.raises(InputError, match="clock of this box is behind"):
        history.forget(ViewingSpan(since=now - 3600), profile="main")
    assert history.count("main") == 2
    assert history.forget(ViewingSpan(since=now - 3600, until=now + 1), profile="main") == 1
    assert history.forget(ViewingSpan(since=now + 1), profile="main") == 1  # a date was named


def test_the_last_hour_holds_what_got_its_date_only_now(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    now = box.clock.now() + 7200
    box.clock.jump(0)
    box.clock.reboot()
    box.reopen()
    box.watch("t:1")
    box.clock.jump(now)
    assert box.agent.history.forget(ViewingSpan(since=now - 3600), profile="main") == 1
    assert kept(box) == []


def test_what_an_app_reports_again_is_kept_again(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.watch("t:1", ago=60)
    since = box.clock.now() - 3600
    assert box.agent.history.forget(ViewingSpan(since=since), profile="main") == 1
    box.watch("t:1", ago=60)
    assert kept(box) == [("t:1", 60)]


def test_the_last_hour_does_not_come_back_after_a_private_session(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    now = box.clock.now() + 7200
    box.clock.jump(0)
    box.clock.reboot()
    box.reopen()
    box.watch("t:1")
    box.agent.private.start(60)
    box.clock.jump(now)
    assert box.agent.history.forget(ViewingSpan(since=now - 3600), profile="main") == 1
    box.agent.private.stop()
    assert kept(box) == []


def test_viewings_are_counted_between_moments_and_only_those_that_are_shown(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    for ago in (0, 60, 61, 120):
        box.watch("t:1", ago=ago)
    now, history = box.clock.now(), box.agent.history
    assert history.counts("main", [now - 61, now - 60, now]) == (1, 1, 1, 1)
    assert history.counts("main", []) == (4,)
    box.clock.advance(box.agent.retention.kept().days * DAY_SECONDS - 60)
    assert history.counts("main", [now - 61, now - 60, now]) == (0, 0, 1, 1)
    with pytest.raises(InputError, match="do not ascend"):
        history.counts("main", [now, now])


def test_one_viewing_is_deleted_beside_another_of_the_same_second(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.watch("t:1")
    box.watch("t:2")
    now = box.clock.now()
    one = ViewingSpan(since=now, until=now + 1, entity_id="t:1")
    assert box.agent.history.forget(one, profile="main") == 1
    assert kept(box) == [("t:2", 0)]


def test_picks_go_and_an_exclusion_goes_with_the_last_viewing(box: Box) -> None:
    marks = with_picks(box)
    now = box.clock.now()
    for entity_id in ("t:1", "t:2"):
        marks.exclude(entity_id, profile="main")
        marks.hide(entity_id, profile="main")
    box.agent.history.forget(ViewingSpan(since=now - 30), profile="main")
    assert box.agent._home.history.last_picks("main") is None
    left = {(mark.entity_id, mark.mark) for mark in marks.marked(profile="main")}
    assert left == {(title, mark) for title in ("t:1", "t:2") for mark in ("hidden", "not_reason")}
    box.agent.history.forget(ViewingSpan(since=now - 90), profile="main")
    left = {(mark.entity_id, mark.mark) for mark in marks.marked(profile="main")}
    assert left == {("t:1", "hidden"), ("t:2", "hidden"), ("t:2", "not_reason")}


def test_a_span_of_one_profile_is_not_that_of_another(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.watch("t:1")
    box.agent.household.create("bea", kind="adult")
    assert box.agent.history.forget(ViewingSpan(since=0), profile="bea") == 0
    assert kept(box) == [("t:1", 0)]


def test_a_span_that_ends_before_it_begins_is_refused(box: Box) -> None:
    with pytest.raises(InputError, match="ends before it begins"):
        box.agent.history.forget(ViewingSpan(since=5, until=5), profile="main")
    with pytest.raises(InputError, match="no profile 'nobody'"):
        box.agent.history.forget(ViewingSpan(since=5), profile="nobody")


def test_a_span_that_was_cut_off_is_carried_out_at_the_next_start(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    for ago in (0, 60, 120):
        box.watch("t:1", ago=ago)
    now = box.clock.now()
    with pytest.raises(CutError):
        box.agent.history.forget(ViewingSpan(since=now - 90), profile="main", step=cut)
    box.watch("t:2", ago=30)  # by a process that goes on: newer, whatever its date
    box.reopen()
    assert kept(box) == [("t:2", 30), ("t:1", 120)]
    assert box.agent._home.ledger.deletions.forgettings() == ()
