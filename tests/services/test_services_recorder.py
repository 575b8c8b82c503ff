from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeagent.config import Config
from edgeagent.consent import Grant, Purpose
from edgeagent.errors import ConsentRequired, InputError, MalformedMessage
from edgeagent.messages import WatchEvent
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.recorder import Recorder
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.testing.agent_box import AgentBox
from tests.services.conftest import Box


def test_nothing_is_stored_without_consent(box: Box) -> None:
    with pytest.raises(ConsentRequired, match="history"):
        box.watch()
    assert box.agent._home.history.count("main") == 0


def test_an_acknowledged_event_is_there_after_a_restart(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.watch("t:1", progress_fraction=0.4)
    box.reopen()
    (viewing,) = box.agent._home.history.window("main")
    assert (viewing.entity_id, viewing.progress_fraction) == ("t:1", 0.4)


def test_an_evening_is_stored_at_once(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    now = box.clock.now()
    evening = [WatchEvent(entity_id=f"t:{n}", watched_on=now + n) for n in range(3)]
    recorded = box.agent.record_watch(evening)
    assert (recorded.stored, recorded.ignored_child) == (3, 0)
    assert box.agent._home.history.count("main") == 3


@pytest.mark.parametrize("policy", ["app:child", "app:teen"])
def test_childrens_viewings_are_never_stored(box: Box, policy: str) -> None:
    box.grant(Purpose.HISTORY)
    box.watch(age_policy=policy)
    assert box.agent._home.history.count("main") == 0


def test_a_child_viewing_needs_no_consent_to_be_ignored(box: Box) -> None:
    event = WatchEvent(entity_id="t:1", watched_on=box.clock.now(), age_policy="app:child")
    assert box.agent.record_watch(event).ignored_child == 1


@pytest.mark.parametrize(
    "fields", [{"progress_fraction": 1.5}, {"progress_fraction": -0.1}, {"progress_seconds": -1}]
)
def test_progress_out_of_range_is_refused_and_nothing_stored(
    box: Box, fields: dict[str, float]
) -> None:
    box.grant(Purpose.HISTORY)
    good = WatchEvent(entity_id="t:1", watched_on=box.clock.now())
    bad = WatchEvent(entity_id="t:2", watched_on=box.clock.now(), **fields)  # type: ignore[arg-type]
    with pytest.raises(MalformedMessage, match="progress"):
        box.agent.record_watch([good, bad])
    assert box.agent._home.history.count("main") == 0


def test_one_profile_without_consent_stops_the_whole_batch(box: Box) -> None:
    box.agent._home.history.create_profile("guest", kind="adult", at=box.clock.now())
    box.grant(Purpose.HISTORY)
    now = box.clock.now()
    with pytest.raises(ConsentRequired, match="guest"):
        box.agent.record_watch(
            [
                WatchEvent(entity_id="t:1", watched_on=now),
                WatchEvent(entity_id="t:1", watched_on=now, profile="guest"),
            ]
        )
    assert box.agent._home.history.count("main") == 0


def test_withdrawing_history_deletes_it_before_the_call_returns(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.watch()
    box.agent.withdraw(Purpose.HISTORY)
    assert box.agent._home.history.count("main") == 0


def test_a_title_hidden_after_the_withdrawal_stays_hidden(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.agent.title_marks.hide("t:1", profile="main")
    box.clock.advance(60)
    box.agent.withdraw(Purpose.HISTORY)
    assert box.agent._home.history.marks("main").hidden == ()
    box.clock.advance(60)
    box.agent.title_marks.hide("t:2", profile="main")
    box.agent.withdraw(Purpose.REPORTING)
    box.reopen()
    assert box.agent._home.history.marks("main").hidden == ("t:2",)


def test_what_began_before_an_act_of_deletion_is_not_stored_under_its_old_date(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    began = box.agent._home.ledger.deletions.last()
    event = WatchEvent(entity_id="t:1", watched_on=box.clock.now())
    box.agent.title_marks.forget("t:1", profile="main")
    assert box.agent.record_watch(event, seen_since=began).stored == 0
    assert box.agent._home.history.count("main") == 0
    now = box.agent._home.ledger.deletions.last()
    assert box.agent.record_watch(event, seen_since=now).stored == 1


class _ActingGate(ConsentGate):
    """A gate after whose grant another process acts, before the viewing is stored."""

    act: Callable[[], object] | None = None

    def grant(self, purpose: Purpose, *, profile: str) -> Grant:
        granted = super().grant(purpose, profile=profile)
        act, self.act = self.act, None
        if act is not None:
            act()
        return granted


def _recorder(box: Box, act: Callable[[], object], *, grants: int) -> Recorder:
    """Return one during whose grant of that number something happens."""
    agent, clock = box.agent, DeviceClock(box.clock)
    gate = _ActingGate(agent._home.ledger, clock=clock, config=Config())

    def count_down(left: int) -> Callable[[], object]:
        def act_or_wait() -> None:
            if left == 1:
                act()
            else:
                gate.act = count_down(left - 1)

        return act_or_wait

    gate.act = count_down(grants)
    return Recorder(replace(agent._box, gate=gate, clock=clock), titles=agent.titles)


@pytest.mark.parametrize("grants", [1, 2])
def test_a_deletion_between_the_grant_and_the_transaction_is_heeded(box: Box, grants: int) -> None:
    box.grant(Purpose.HISTORY)
    recorder = _recorder(
        box, lambda: box.agent.title_marks.forget("t:1", profile="main"), grants=grants
    )
    event = WatchEvent(entity_id="t:1", watched_on=box.clock.now())
    began = box.agent._home.ledger.deletions.last()
    assert recorder.record([event], seen_since=began).stored == 0
    assert box.agent._home.history.count("main") == 0


@pytest.mark.parametrize("grants", [1, 2])
def test_a_withdrawal_between_the_grant_and_the_transaction_leaves_no_row(
    box: Box, grants: int
) -> None:
    box.grant(Purpose.HISTORY)
    recorder = _recorder(box, lambda: box.agent.withdraw(Purpose.HISTORY), grants=grants)
    event = WatchEvent(entity_id="t:1", watched_on=box.clock.now())
    with pytest.raises(ConsentRequired, match="withdrawn"):
        recorder.record([event])
    assert box.agent._home.history.count("main") == 0


def test_what_is_told_while_something_else_is_deleted_is_newer_and_stays(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    recorder = _recorder(box, lambda: box.agent.title_marks.forget("t:2", profile="main"), grants=2)
    event = WatchEvent(entity_id="t:1", watched_on=box.clock.now())
    assert recorder.record([event]).stored == 1
    last = box.agent._home.ledger.deletions.last()
    rows = box.agent._home.history.database.read("SELECT after_seq FROM events")
    assert rows == [(last,)]


@pytest.mark.parametrize("events", [None, 5, "x", [None], [5, "x"]])
def test_what_is_no_event_is_refused_in_our_own_words(agent_box: AgentBox, events: object) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        with pytest.raises(MalformedMessage, match="expected a WatchEvent"):
            agent.record_watch(events)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", [5, "english", ["en"]])
def test_a_language_that_is_none_is_refused_in_our_own_words(
    agent_box: AgentBox, language: object
) -> None:
    with agent_box.open() as agent, pytest.raises(InputError, match="no consent notice"):
        agent.grant(Purpose.HISTORY, language=language)  # type: ignore[arg-type]
