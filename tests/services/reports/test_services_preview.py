"""Preview under attack: asking a thousand times, or changing the past, reveals one draw."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_of, week_start
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, EdgeAgentError, MalformedMessage, NoModel, PolicyError
from edgeagent.messages import canonical_bytes, decode_report
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.services.reports.count_week import WeekCounter
from edgeagent.services.reports.preview import PreviewedReport, Previewer
from edgeagent.testing.box import Box as PlainBox
from tests.security.test_security_canaries import _decrypted
from tests.services.acts import DELETIONS
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
    asked = watched.agent.installation().task
    assert asked is not None
    assert (shown.week, shown.task) == (week_of(watched.clock.now()) - 1, asked.name)
    assert SubsetSelection(33, task().odds).is_possible(shown.counts)
    assert "not sent" in shown.note
    with pytest.raises(MalformedMessage):
        decode_report(canonical_bytes(shown).ljust(512))


@pytest.mark.deep
def test_a_thousand_previews_are_one_draw(watched: Box) -> None:
    seen = {ask(watched).counts for _ in range(1000)}
    watched.reopen()
    seen.add(ask(watched).counts)
    assert len(seen) == 1


def test_nothing_is_booked_queued_or_drawn_from_the_noise_of_reports(watched: Box) -> None:
    ask(watched)
    ledger = watched.agent._home.ledger
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
    watched.agent._home.history.forget("main", "t:2")
    assert ask(watched) == before


def test_a_task_that_changes_gets_no_second_draw(watched: Box) -> None:
    ask(watched)
    watched.install(task(odds_numerator=2))
    with pytest.raises(PolicyError, match="the task, have changed"):
        ask(watched)


def test_a_clock_that_goes_back_gets_no_second_draw(watched: Box) -> None:
    ask(watched)
    watched.clock.advance(WEEK_SECONDS)
    last = ask(watched)
    watched.clock.advance(-WEEK_SECONDS)
    with pytest.raises(PolicyError, match="was previewed"):
        ask(watched)
    watched.clock.advance(WEEK_SECONDS)
    assert ask(watched) == last


def kept(box: Box) -> list[str]:
    rows = box.agent._home.ledger._database.read(
        "SELECT name FROM state WHERE name GLOB 'preview*'"
    )
    return [name for (name,) in rows]


def secret(box: Box) -> bytes:
    """What would reveal a week's exact counts to a reader who tries all that it may have held."""
    (name,) = kept(box)
    material = box.agent._home.ledger.state(name)
    assert material is not None
    return material


def _old_viewings_go(box: Box) -> None:
    box.clock.advance(box.agent.retention.kept().days * DAY_SECONDS)
    box.agent.housekeeping()


@pytest.mark.parametrize("delete", [*DELETIONS.values(), _old_viewings_go])
def test_what_a_preview_was_made_of_goes_with_every_deletion_and_is_in_no_page(
    watched: Box, delete: Callable[[Box], object]
) -> None:
    ask(watched)
    material, week = secret(watched), week_of(watched.clock.now()) - 1
    assert any(material in data for data in _decrypted(PlainBox(watched.directory)).values())
    delete(watched)
    assert kept(watched) == []
    assert watched.agent._home.history_opens()  # its log is there, too
    pages = _decrypted(PlainBox(watched.directory))
    for part in (material[:32], material[32:]):
        assert not [name for name, data in pages.items() if part in data]
    watched.clock.set(week_start(week + 1) + DAY_SECONDS)
    with pytest.raises(EdgeAgentError, match=r"was previewed|no history was kept"):
        ask(watched)


def test_what_a_preview_was_made_of_goes_with_the_viewings_of_teens(watched: Box) -> None:
    watched.config = msgspec.structs.replace(watched.config, teens_count_as_adults=True)
    watched.reopen()
    watched.watch("t:1", age_policy="app:teen")
    ask(watched)
    watched.reopen()
    assert len(kept(watched)) == 1
    watched.config = msgspec.structs.replace(watched.config, teens_count_as_adults=False)
    watched.reopen()
    assert kept(watched) == []


def test_pruning_leaves_a_preview_whose_viewings_stay(watched: Box) -> None:
    watched.watch("t:2", ago=(watched.agent.retention.kept().days + 1) * DAY_SECONDS)
    shown = ask(watched)
    assert watched.agent.housekeeping().deleted == 1
    assert ask(watched) == shown


def test_a_deletion_while_a_preview_is_counted_leaves_nothing_of_it(watched: Box) -> None:
    watched.scorer.before = lambda: watched.agent.title_marks.forget("t:9", profile="main")
    with pytest.raises(PolicyError, match="deleted meanwhile"):
        ask(watched)
    assert kept(watched) == []


def test_a_week_that_an_earlier_release_previewed_is_not_previewed_again(watched: Box) -> None:
    ledger, week = watched.agent._home.ledger, week_of(watched.clock.now()) - 1
    ledger.set_state("preview.key", bytes(32))
    ledger.set_state(f"preview.{week}", bytes(32))
    with pytest.raises(PolicyError, match="was previewed"):
        ask(watched)
    watched.agent.title_marks.forget("t:9", profile="main")
    assert kept(watched) == []
    with pytest.raises(PolicyError, match="was previewed"):
        ask(watched)
    ledger.check()


def test_only_the_owner_may_ask(watched: Box) -> None:
    agent = watched.agent
    counter = WeekCounter(
        box=agent._box,
        installations=agent._installations,
        scorer=watched.scorer,
    )
    previewer = Previewer(
        counter, random=agent._environment.random, caller=lambda: os.geteuid() + 1
    )
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
