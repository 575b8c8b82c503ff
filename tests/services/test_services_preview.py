"""Preview under attack: whoever asks a thousand times, or changes the past, learns one draw."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_of, week_start
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, MalformedMessage, NoModel, PolicyError
from edgeagent.messages import canonical_bytes, decode_report
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.services.closed_week import WeekCounter
from edgeagent.services.preview import PreviewedReport, Previewer
from tests.services.conftest import Box, task


@pytest.fixture
def watched(box: Box) -> Box:
    """A box that kept its history through a whole week, which has ended."""
    box.install()
    box.grant(Purpose.HISTORY)
    box.clock.set(week_start(week_of(box.clock.now()) + 1) + DAY_SECONDS)
    box.watch("t:1")
    box.clock.advance(WEEK_SECONDS)
    return box


def ask(box: Box) -> PreviewedReport:
    return box.agent.reports.preview().report


def test_a_preview_is_what_a_report_would_be_without_an_id(watched: Box) -> None:
    shown = ask(watched)
    assert (shown.week, shown.task) == (week_of(watched.clock.now()) - 1, task().name)
    assert SubsetSelection(33, task().odds).is_possible(shown.counts)
    assert "not sent" in shown.note
    with pytest.raises(MalformedMessage):
        decode_report(canonical_bytes(shown).ljust(512))


@pytest.mark.slow
def test_a_thousand_previews_are_one_draw(watched: Box) -> None:
    seen = {ask(watched).counts for _ in range(1000)}
    watched.reopen()
    seen.add(ask(watched).counts)
    assert len(seen) == 1


def test_nothing_is_booked_queued_or_drawn_from_the_noise_of_reports(watched: Box) -> None:
    ask(watched)
    ledger = watched.agent.home.ledger
    assert (ledger.debits(), ledger.disclosures(), ledger.outbox()) == ((), (), ())
    assert ledger.closed_weeks() == frozenset()


def test_another_week_and_another_box_have_other_noise(
    watched: Box, make_box: Callable[..., Box]
) -> None:
    first = ask(watched).counts
    others = []
    for _ in range(4):
        watched.clock.advance(WEEK_SECONDS)
        others.append(ask(watched).counts)
    assert len({first, *others}) > 3
    other = make_box("other", seed="other")
    other.install()
    other.grant(Purpose.HISTORY)
    other.clock.set(watched.clock.now())
    assert ask(other).counts != others[-1]


def test_who_changes_a_week_that_was_shown_gets_no_second_draw(watched: Box) -> None:
    before = ask(watched)
    watched.watch("t:2", ago=WEEK_SECONDS)
    with pytest.raises(PolicyError, match="have changed") as refused:
        ask(watched)
    assert "next preview" in refused.value.hint
    watched.agent.home.history.forget("main", "t:2")
    assert ask(watched) == before


def test_a_task_that_changes_gets_no_second_draw(watched: Box) -> None:
    ask(watched)
    watched.install(task(epoch=8))
    with pytest.raises(PolicyError, match="the task, have changed"):
        ask(watched)


def test_a_clock_that_goes_back_gets_no_second_draw(watched: Box) -> None:
    first = ask(watched)
    watched.clock.advance(WEEK_SECONDS)
    ask(watched)
    watched.clock.advance(-WEEK_SECONDS)
    assert ask(watched) == first


def test_what_is_kept_of_a_preview_tells_nothing_without_the_key(watched: Box) -> None:
    shown = ask(watched)
    kept = watched.agent.home.ledger.state(f"preview.{shown.week}")
    assert kept is not None
    assert len(kept) == 32


def test_only_the_owner_may_ask(watched: Box) -> None:
    agent = watched.agent
    counter = WeekCounter(
        home=agent.home,
        gate=agent.gate,
        installations=agent._installations,
        scorer=watched.scorer,
        clock=agent._clock,
    )
    previewer = Previewer(counter, random=agent._world.random, caller=lambda: os.geteuid() + 1)
    with pytest.raises(PolicyError, match="owner of the box alone"):
        previewer.preview()
    assert watched.scorer.requests == []


def test_a_week_whose_report_was_drawn_is_shown_in_the_log_instead(box: Box) -> None:
    box.install()
    box.grant(Purpose.HISTORY, Purpose.REPORTING)
    box.go_to_end_of_reporting_week()
    box.agent.close_week()
    with pytest.raises(PolicyError, match="second draw"):
        ask(box)


def test_a_preview_needs_history_a_task_and_its_segmenter(box: Box) -> None:
    with pytest.raises(NoModel, match="no report task"):
        ask(box)
    box.install()
    with pytest.raises(ConsentRequired, match="no history was kept"):
        ask(box)
    box.grant(Purpose.HISTORY)
    box.clock.advance(2 * WEEK_SECONDS)
    (box.directory / "models" / "targets" / "models%2Fa.onnx").unlink()
    with pytest.raises(NoModel, match="segmenter"):
        ask(box)
