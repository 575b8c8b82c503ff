"""What is over age is neither shown nor used from the moment on at which it is, deleted or not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import StorageError
from edgeagent.messages import Picks, RankRequest, Viewing, WatchEvent
from edgeagent.services.household.retention import UNMATCHED_DAYS
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from tests.services.conftest import Box

PICKS = Picks(picks=(), segment_probabilities=(1.0,), score_spread=1.0)


@pytest.fixture
def aged(box: Box) -> Box:
    """Of two viewings one is a second over age, and nobody has kept house."""
    box.install()
    box.grant(Purpose.HISTORY, Purpose.PERSONALIZATION)
    box.watch("t:new")
    box.watch("t:old", ago=1)
    box.clock.advance(box.agent.retention.kept().days * DAY_SECONDS)
    return box


def asked(box: Box) -> tuple[Viewing, ...]:
    box.agent.recommend()
    request = box.scorer.requests[-1]
    assert isinstance(request, RankRequest)
    return tuple(request.history)


def exported(box: Box) -> tuple[str, ...]:
    (profile,) = box.agent.portability.export().profiles
    return tuple(viewing.entity_id for viewing in profile.viewings)


def ids(viewings: tuple[Viewing, ...]) -> tuple[str, ...]:
    return tuple(viewing.entity_id for viewing in viewings)


READS: dict[str, Callable[[Box], tuple[str, ...]]] = {
    "window": lambda box: ids(box.agent._home.history.window("main")),
    "between": lambda box: ids(box.agent._home.history.between("main", 0, 2**40)),
    "page": lambda box: ids(box.agent._home.history.page("main")),
    "kept": lambda box: tuple(
        kept.viewing.entity_id for kept in box.agent._home.history.kept("main")
    ),
    "export": exported,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_no_read_shows_it(aged: Box, read: Callable[[Box], tuple[str, ...]]) -> None:
    assert read(aged) == ("t:new",)
    assert aged.agent._home.history.count("main") == 1
    assert aged.agent._home.history.oldest("main") == aged.agent.retention.shown_from() - 1
    aged.agent.housekeeping()
    assert aged.agent._home.history.oldest("main") == aged.agent.retention.shown_from()


def test_picks_that_may_cite_it_are_not_shown_again(box: Box) -> None:
    box.install()
    box.grant(Purpose.HISTORY, Purpose.PERSONALIZATION)
    box.watch("t:old")
    box.clock.advance(box.agent.retention.kept().days * DAY_SECONDS)
    grant = box.agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
    box.agent._home.history.save_picks(PICKS, grant, made_at=box.clock.now())
    assert box.agent.last_picks() is not None
    box.clock.advance(1)
    assert box.agent.last_picks() is None


def holds(box: Box) -> bool:
    (promise,) = [p for p in box.agent.reports.assess().promises if p.topic == "retention"]
    return promise.holds


def test_the_promise_is_held_to_the_oldest_viewing_that_lies_there(aged: Box) -> None:
    assert holds(aged)  # until the housekeeping of the next day
    aged.clock.advance(2 * DAY_SECONDS)
    assert not holds(aged)
    aged.agent.housekeeping()
    assert holds(aged)


def test_nothing_is_promised_of_a_history_that_cannot_be_read(aged: Box) -> None:
    aged.agent.close()
    (aged.directory / "history.db").write_bytes(b"broken" * 1000)
    aged.agent = aged.open()
    with pytest.raises(StorageError):
        aged.agent._home.history.profiles()
    assert not holds(aged)


def test_a_month_of_an_unknown_title_is_over_without_a_service(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent_box.update(agent)
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        for title in ("app:unknown", TITLE_IDS[0]):
            event = WatchEvent(entity_id=title, watched_on=agent_box.clock.now())
            agent.record_watch(event, keep_unknown=True)
        agent.housekeeping()  # as after every command that writes
        agent_box.clock.advance((UNMATCHED_DAYS - 1) * DAY_SECONDS)
        assert agent.housekeeping().deleted == 0
        agent_box.clock.advance(2 * DAY_SECONDS)
        assert agent.housekeeping().deleted == 1
        assert ids(agent._home.history.window("main")) == (TITLE_IDS[0],)
