from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.services.timekeeping.device_clock import BUILD_TIME
from edgeagent.testing.agent_box import AgentBox

HOUR = 3600
IN_1970 = 20


def watch(agent: Agent, *titles: str, ago: int = 0) -> None:
    now = agent.clock.now()
    agent.record_watch(
        [WatchEvent(entity_id=title, watched_on=now - ago) for title in titles], keep_unknown=True
    )


def dates(agent: Agent) -> dict[str, int]:
    return {viewing.entity_id: viewing.watched_on for viewing in agent._home.history.window("main")}


def in_1970(agent_box: AgentBox) -> int:
    """Boot with the clock in 1970, and return the right time."""
    right = agent_box.clock.now()
    agent_box.clock.reboot(now=IN_1970)
    agent_box.clock.stand(20.0)
    return right


def test_what_was_watched_in_1970_gets_its_date_when_the_clock_is_set(agent_box: AgentBox) -> None:
    right = in_1970(agent_box)
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:1")
        agent_box.clock.advance(HOUR)
        watch(agent, "t:2")
        watch(agent, "t:3", ago=600)
        agent.housekeeping()
        assert sorted(dates(agent)) == ["t:1", "t:2", "t:3"]
        agent_box.clock.stand(60)
        agent_box.clock.jump(right)
        agent.housekeeping()
        expected = {"t:1": right - HOUR - 60, "t:2": right - 60, "t:3": right - 660}
        assert dates(agent) == expected
        assert not agent._home.history.undated.exist()
        agent_box.clock.advance(DAY_SECONDS)
        agent.housekeeping()
        assert dates(agent) == expected


def test_a_new_process_dates_it_before_anything_is_shown(agent_box: AgentBox) -> None:
    right = in_1970(agent_box)
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:1")
    agent_box.clock.stand(60)
    agent_box.clock.jump(right)
    with agent_box.open() as agent:
        agent.retention.date_viewings()
        assert dates(agent) == {"t:1": right - 60}


def test_where_a_server_has_spoken_it_is_dated_when_that_agrees(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        agent_box.update(agent, vouched_until=agent_box.clock.now() + 10 * DAY_SECONDS)
    right = in_1970(agent_box) + 20 * DAY_SECONDS
    with agent_box.open() as agent:
        watch(agent, "t:01")
        agent_box.clock.jump(4_102_444_800)
        agent.housekeeping()
        assert agent._home.history.undated.exist()
        agent_box.clock.jump(right)
        agent.housekeeping()
        assert agent._home.history.undated.exist()  # the voucher has run out
        agent_box.update(agent)
        agent.housekeeping()
        assert dates(agent) == {"t:01": right}


def test_what_has_no_date_is_not_deleted_by_age(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        agent_box.update(agent, vouched_until=agent_box.clock.now() + 10 * DAY_SECONDS)
    right = in_1970(agent_box) + 200 * DAY_SECONDS
    with agent_box.open() as agent:
        watch(agent, "t:01")
        agent_box.clock.stand(100 * DAY_SECONDS)
        agent_box.clock.jump(right)
        agent.housekeeping()
        assert agent._home.history.prune(right) == 0
        assert agent._home.history.undated.exist()
        # Dated, it is as old as it is.
        agent_box.update(agent)
        assert agent.housekeeping().deleted == 1


def test_earlier_boots_are_put_just_before_this_one_in_their_order(agent_box: AgentBox) -> None:
    right = in_1970(agent_box)
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:1")
        agent_box.clock.advance(HOUR)
        watch(agent, "t:2")
    in_1970(agent_box)
    with agent_box.open() as agent:
        watch(agent, "t:3")
    in_1970(agent_box)
    with agent_box.open() as agent:
        watch(agent, "t:4")
        agent_box.clock.stand(100)
        agent_box.clock.jump(right)
        agent.housekeeping()
        began = right - 120
        assert dates(agent) == {
            "t:1": began - 20 - HOUR,
            "t:2": began - 20,
            "t:3": began,
            "t:4": right - 100,
        }


def test_a_viewing_that_is_there_under_its_date_already_is_one(agent_box: AgentBox) -> None:
    right = in_1970(agent_box)
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:1")
        agent_box.clock.jump(right)
        watch(agent, "t:1")
        agent.housekeeping()
        assert dates(agent)["t:1"] == right
        assert agent._home.history.count("main") == 1
        assert agent._home.history.oldest("main") == right
        assert not agent._home.history.undated.exist()


def test_the_same_second_of_several_boots_is_not_the_same_viewing(agent_box: AgentBox) -> None:
    """With the same title each time, as of a channel that is on when the box is switched on."""
    right = in_1970(agent_box)
    for boot in range(3):
        with agent_box.open() as agent:
            agent.grant(Purpose.HISTORY)
            watch(agent, "live:1")
            watch(agent, "live:1")  # the same viewing told twice
            assert agent._home.history.count("main") == boot + 1
        if boot < 2:
            agent_box.clock.stand(HOUR)
            in_1970(agent_box)
    agent_box.clock.jump(right)
    with agent_box.open() as agent:
        agent.housekeeping()
        window = agent._home.history.window("main")
        assert [one.watched_on for one in window] == [right - 40, right - 20, right]


def test_estimated_dates_give_way_to_what_lies_there(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "live:1", ago=0)
    right = agent_box.clock.now()
    agent_box.clock.reboot(now=IN_1970)
    for _ in range(2):
        with agent_box.open() as agent:
            watch(agent, "live:1")  # at the second at which the box is switched on
        agent_box.clock.reboot(now=IN_1970)
    agent_box.clock.jump(right)
    with agent_box.open() as agent:
        window = agent._home.history.window("main")
        assert [one.watched_on for one in window] == [right - 2, right - 1, right]


def test_what_has_its_date_is_not_put_elsewhere_when_it_is_told_again(
    agent_box: AgentBox,
) -> None:
    """By an app that knows the date, to a box that has lost the time since."""
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:01")
        (expected,) = agent._home.history.window("main")
        agent_box.clock.advance(HOUR)
        agent_box.update(agent)
    right = in_1970(agent_box)
    with agent_box.open() as agent:
        again = WatchEvent(entity_id="t:01", watched_on=expected.watched_on)
        assert agent.record_watch(again).stored == 1
        assert not agent._home.history.undated.exist()
        agent_box.clock.jump(right)
        assert agent._home.history.window("main") == (expected,)


READERS: dict[str, Callable[[Agent], int]] = {
    "count": lambda agent: agent._home.history.count("main"),
    "window": lambda agent: len(agent._home.history.window("main")),
    "page": lambda agent: len(agent._home.history.page("main")),
    "between": lambda agent: len(agent._home.history.between("main", 0, 2**40)),
    "oldest": lambda agent: int((agent._home.history.oldest("main") or 0) > BUILD_TIME + HOUR),
    "export": lambda agent: len(agent.portability.export().profiles[0].viewings),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_whoever_reads_the_history_dates_it_first(
    agent_box: AgentBox, read: Callable[[Agent], int]
) -> None:
    right = in_1970(agent_box)
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:1")
        agent_box.clock.jump(right)
        assert read(agent) == 1
        assert not agent._home.history.undated.exist()


def test_what_has_no_date_yet_does_not_break_the_promise_of_retention(agent_box: AgentBox) -> None:
    in_1970(agent_box)
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:1")
        assert agent._home.history.oldest("main") is None


def test_in_a_private_session_no_date_is_written(agent_box: AgentBox) -> None:
    right = in_1970(agent_box)
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        watch(agent, "t:1")
        agent.private.start(60)
        agent_box.clock.jump(right)
        agent.retention.keep_time()
        assert agent._home.history.undated.exist()
        agent.private.stop()
        agent.retention.keep_time()
        assert dates(agent) == {"t:1": right}


def test_a_profile_that_is_renamed_or_purged_takes_what_has_no_date_along(
    agent_box: AgentBox,
) -> None:
    right = in_1970(agent_box)
    with agent_box.open() as agent:
        agent.household.create("Ada", kind="adult")
        agent.grant(Purpose.HISTORY, profile="Ada")
        agent.grant(Purpose.HISTORY)
        event = WatchEvent(entity_id="t:1", watched_on=agent.clock.now(), profile="Ada")
        agent.record_watch(event)
        watch(agent, "t:2")
        agent.household.rename("Ada", "Bea")
        agent._home.history.purge("main")
        agent_box.clock.jump(right)
        agent.housekeeping()
        (viewing,) = agent._home.history.window("Bea")
        assert viewing.watched_on == right
        assert agent._home.history.count("main") == 0
