"""What counts as a session of a report, on a real box: viewings in, categories out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_start
from edgeagent.consent import Purpose
from edgeagent.errors import Damaged
from edgeagent.messages import SegmentAnswer, SegmentRequest, WatchEvent, decode_report
from edgeagent.privacy.discrete_laplace import CLIP
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.reports.count_week import Sessions, WeekCounter, count_drawn
from edgeagent.testing.randomness import SeededRandomSource
from edgeagent.testing.scorer import TableScorer, segment_answer
from tests.services.conftest import Box, task

BOTH = (Purpose.HISTORY, Purpose.REPORTING)
NONE = 32
FILM_SECONDS = 6000
"""How long a viewing of a title of unknown run time counts as: 100 minutes."""


class SessionScorer(TableScorer):
    """The segment of a session is the number of its first title."""

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        self._ask(request)
        segments = (
            int(session[0].entity_id.removeprefix("t:")) if session else None
            for session in request.sessions
        )
        return segment_answer(request, tuple(segments))


@pytest.fixture
def evening(box: Box) -> Box:
    """A box in its reporting week, on Monday at 20:00."""
    box.scorer = SessionScorer()
    box.reopen()
    box.install()
    box.agent.household.create("Ada", kind="adult")
    box.grant(*BOTH)
    box.grant(*BOTH, profile="Ada")
    box.clock.set(week_start(box.reporting_week()) + 20 * 3600)
    return box


def sessions_of(box: Box) -> Sessions:
    counter = WeekCounter(
        box=box.agent._box,
        installations=InstallationStore(box.agent._home.ledger, box.directory / "models"),
        scorer=box.scorer,
    )
    return counter.sessions(box.reporting_week(), task=task(), profiles=("main", "Ada"))


def drawn_of(box: Box, sessions: Sessions, *, seed: str = "", **asked: object) -> dict[int, int]:
    """Return what is drawn of some sessions, by category."""
    given = task(**asked)
    counts = count_drawn(
        sessions,
        box.scorer,
        task=given,
        files=box.agent.segmenter_files(given),
        random=SeededRandomSource(seed),
    ).counts
    return {category: count for category, count in enumerate(counts) if count}


def counted(box: Box) -> dict[int, int]:
    """Return what the week holds, by category; at most as much as fits in one draw."""
    return drawn_of(box, sessions_of(box), mechanism="discrete_laplace")


def test_viewings_less_than_30_minutes_apart_are_one_session(evening: Box) -> None:
    evening.watch("t:1")
    evening.clock.advance(30 * 60 + FILM_SECONDS)
    evening.watch("t:2")
    assert counted(evening) == {1: 1}
    evening.clock.advance(30 * 60 + FILM_SECONDS + 1)
    evening.watch("t:3")
    assert counted(evening) == {1: 1, 3: 1}


def test_sessions_of_two_profiles_never_merge_and_are_drawn_from_together(evening: Box) -> None:
    evening.watch("t:1")
    evening.watch("t:2", profile="Ada")
    assert counted(evening) == {1: 1, 2: 1}


def test_kids_private_and_forgotten_sessions_do_not_exist(evening: Box) -> None:
    evening.agent.household.create("Kim", kind="kid")
    evening.watch("t:1")
    evening.watch("t:2", profile="Kim")
    evening.watch("t:3", age_policy="app:child")
    evening.agent.private.start(minutes=30)
    evening.watch("t:4")
    evening.agent.private.stop()
    evening.clock.advance(DAY_SECONDS)
    evening.watch("t:6")
    assert counted(evening) == {1: 1, 6: 1}
    evening.agent.title_marks.forget("t:6", profile="main")
    assert counted(evening) == {1: 1}


def test_sensitive_and_unknown_sessions_stay_in_the_draw_as_none(evening: Box) -> None:
    evening.watch("t:5")  # sensitive in the task
    evening.clock.advance(DAY_SECONDS)
    evening.watch("t:77")  # no category of the task
    evening.clock.advance(DAY_SECONDS)
    evening.watch("t:1")
    assert counted(evening) == {1: 1, NONE: 2}


def test_a_week_ends_at_midnight_utc(evening: Box) -> None:
    end = week_start(evening.reporting_week()) + WEEK_SECONDS
    for moment, title in ((end - 1, "t:1"), (end, "t:2")):
        evening.clock.set(moment)
        evening.watch(title)
    assert counted(evening) == {1: 1}


@pytest.mark.parametrize(
    ("mechanism", "needed"), [("subset_selection", 1), ("discrete_laplace", CLIP)]
)
@pytest.mark.parametrize("evenings", [0, 1, 5, CLIP + 4])
def test_the_segmenter_is_asked_once_for_as_much_whatever_was_watched(
    evening: Box, mechanism: str, needed: int, evenings: int
) -> None:
    for _ in range(evenings):
        evening.watch("t:1")
        evening.clock.advance(DAY_SECONDS // 2)
    sessions = sessions_of(evening)
    assert len(sessions) == evenings
    drawn = drawn_of(evening, sessions, mechanism=mechanism)
    (request,) = evening.scorer.requests
    assert isinstance(request, SegmentRequest)
    assert len(request.sessions) == needed
    assert sum(map(bool, request.sessions)) == sum(drawn.values()) == min(evenings, needed)


def test_each_session_is_drawn_as_often_as_any_other(evening: Box) -> None:
    """Chi-square, 4 degrees of freedom: one seed in 10,000 passes 23.5; this one is fixed."""
    for title in range(5):
        evening.watch(f"t:{20 + title}")
        evening.clock.advance(DAY_SECONDS)
    sessions = sessions_of(evening)
    seen = Counter(
        category for seed in range(2000) for category in drawn_of(evening, sessions, seed=str(seed))
    )
    assert sum((seen[20 + title] - 400) ** 2 / 400 for title in range(5)) < 23.5


def _break_history(box: Box) -> None:
    path = box.directory / "history.db"
    box.agent.close()
    data = bytearray(path.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page + 100] ^= 255
    path.write_bytes(data)
    box.agent = box.open()


def _lose_the_model(box: Box) -> None:
    box.scorer.fails = True


@pytest.mark.parametrize("fault", [_break_history, _lose_the_model])
def test_an_error_after_the_history_is_opened_counts_as_none(
    evening: Box, fault: Callable[[Box], None]
) -> None:
    evening.watch("t:1")
    evening.go_to_end_of_reporting_week()
    fault(evening)
    assert evening.agent.close_week().outcome == "drawn"
    (disclosure,) = evening.agent.disclosures()
    assert sum(decode_report(disclosure.body).counts) == 8


def test_the_broken_history_of_that_test_is_broken(evening: Box) -> None:
    evening.watch("t:1")
    _break_history(evening)
    with pytest.raises(Damaged):
        counted(evening)


def test_no_title_is_in_the_log(evening: Box, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        evening.watch("t:31")
        evening.agent.record_watch(
            WatchEvent(entity_id="canary:title", watched_on=evening.clock.now())
        )
        evening.scorer.fails = True
        evening.go_to_end_of_reporting_week()
        evening.agent.close_week()
        (entry,) = evening.agent._home.ledger.outbox()
        evening.clock.set(entry.next_attempt_at)
        evening.agent.send_reports()
        evening.install(task(odds_numerator=2))
        evening.agent.reports.quarter()
    assert any("drawn" in message for message in caplog.messages)
    assert not any("canary" in message or "t:31" in message for message in caplog.messages)
