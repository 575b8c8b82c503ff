from __future__ import annotations

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.messages import WatchEvent
from edgeagent.services.timekeeping.aging import GRACE_SECONDS, Aging
from edgeagent.testing.agent_box import AgentBox

IN_2100 = 4_102_444_800


def watched_daily(agent_box: AgentBox, agent: Agent, days: int, *, known: bool = True) -> None:
    if known:
        agent_box.update(agent)
    agent.grant(Purpose.HISTORY)
    now = agent_box.clock.now()
    agent.record_watch(
        [
            WatchEvent(entity_id=f"t:{day}", watched_on=now - day * DAY_SECONDS)
            for day in range(days)
        ],
        keep_unknown=True,
    )


def test_what_is_older_than_the_settings_allow_is_deleted(agent_box: AgentBox) -> None:
    agent_box.config = Config(retention_days=30)
    with agent_box.open() as agent:
        watched_daily(agent_box, agent, 100)
        assert agent.housekeeping().deleted == 69  # day 30 is just within
        assert agent.housekeeping().deleted == 0
        oldest = agent._home.history.window("main")[0]
        assert oldest.watched_on == agent_box.clock.now() - 30 * DAY_SECONDS


def test_the_household_may_keep_less_never_more(agent_box: AgentBox) -> None:
    agent_box.config = Config(retention_days=30)
    with agent_box.open() as agent:
        watched_daily(agent_box, agent, 20)
        assert agent.retention.choose(3).days == 3
        for days in (0, -1, 31, 365):
            with pytest.raises(InputError, match="cannot be kept"):
                agent.retention.choose(days)
        assert agent.housekeeping().deleted == 16
    with agent_box.open() as agent:
        assert agent.retention.kept().days == 3
        assert agent.retention.choose(None).days == 30
    agent_box.config = Config(retention_days=8)
    with agent_box.open() as agent:
        assert agent.retention.choose(8).days == 8
    with agent_box.open() as agent:
        agent_box.config = Config(retention_days=365)
        assert agent.retention.kept().days == 8


def test_a_choice_from_before_the_settings_were_narrowed_gives_way(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.retention.choose(60)
    agent_box.config = Config(retention_days=30)
    with agent_box.open() as agent:
        assert agent.retention.kept().days == 30


def test_a_reporting_week_is_not_pruned_into(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        watched_daily(agent_box, agent, 20)
        agent.retention.choose(2)
        agent.grant(Purpose.REPORTING)
        kept = agent.retention.kept()
        assert (kept.days, kept.chosen_days, kept.lengthened) == (8, 2, True)
        assert agent.housekeeping().deleted == 11
        agent.withdraw(Purpose.REPORTING)
        assert agent.retention.kept().days == 2
        assert agent.housekeeping().deleted == 6


def test_settings_below_what_reporting_needs_say_what_was_asked_for(agent_box: AgentBox) -> None:
    agent_box.config = Config(retention_days=3)
    with agent_box.open() as agent:
        agent.grant(Purpose.REPORTING)
        kept = agent.retention.kept()
        assert (kept.days, kept.asked_days, kept.chosen_days) == (8, 3, None)


def test_a_broken_ledger_grants_no_longer_retention(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.REPORTING)
        agent.retention.choose(2)
    (agent_box.directory / "ledger.anchor").write_bytes(b"{}")
    with agent_box.open() as agent:
        assert agent.retention.kept().days == 2


def test_a_private_session_writes_nothing_not_even_by_pruning(agent_box: AgentBox) -> None:
    agent_box.config = Config(retention_days=8)
    with agent_box.open() as agent:
        watched_daily(agent_box, agent, 20)
        agent.private.start(60)
        assert agent.housekeeping().skipped == "a private session is on"
        oldest = agent_box.clock.now() - 19 * DAY_SECONDS
        assert agent._home.history.oldest("main") == oldest
        agent.private.stop()
        assert agent.housekeeping().deleted == 11


def test_a_leap_of_the_clock_deletes_nothing(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        watched_daily(agent_box, agent, 20)
        now = agent_box.clock.now()
        for leap in (0, IN_2100, now + 89 * DAY_SECONDS):  # vouched for, and wrong
            agent_box.clock.jump(leap)
            agent_box.clock.stand(GRACE_SECONDS)
            assert agent.housekeeping().deleted == 0
            agent_box.clock.stand(GRACE_SECONDS)
            assert agent.housekeeping().deleted == 0
        agent_box.clock.jump(now)
        assert agent._home.history.count("main") == 20
        agent_box.clock.advance(80 * DAY_SECONDS)
        assert agent._home.history.prune(agent.retention.deleted_before(90)) == 9


def test_known_time_goes_on_over_boots_and_never_by_what_the_server_vouched_for(
    agent_box: AgentBox,
) -> None:
    with agent_box.open() as agent:
        watched_daily(agent_box, agent, 20)
        now = agent_box.clock.now()
        agent.housekeeping()
        agent_box.clock.advance(75 * DAY_SECONDS)
        agent.retention.on_time.note()
    agent_box.clock.reboot()
    with agent_box.open() as agent:
        agent_box.clock.jump(now + 120 * DAY_SECONDS)  # off for 45 days, or set wrong
        agent_box.clock.stand(5 * DAY_SECONDS)
        assert agent.housekeeping().deleted == 9
        # The server says how late it is.
        agent_box.update(agent, issued_at=now + 84 * DAY_SECONDS)
        assert agent.housekeeping().deleted == 4


def test_a_newer_timestamp_never_takes_known_time_back(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent_box.update(agent)
        now = agent_box.clock.now()
        aging = Aging(agent._home.ledger, clock=agent.clock)
        aging.settle()
        agent_box.clock.advance(50 * DAY_SECONDS)
        agent_box.update(agent, issued_at=now + 30 * DAY_SECONDS)
        aging.settle()
        assert aging.known() == now + 50 * DAY_SECONDS
        # A publisher who dated one too late by mistake puts it right with the next.
        agent_box.update(agent, issued_at=IN_2100)
        aging.settle()
        assert aging.known() == IN_2100
        assert aging.for_deleting() == agent_box.clock.now()
        agent_box.update(agent, issued_at=now + 49 * DAY_SECONDS)
        aging.settle()
        assert aging.known() == now + 49 * DAY_SECONDS


def test_what_is_over_age_by_the_clock_is_not_shown_from_then_on(agent_box: AgentBox) -> None:
    agent_box.config = Config(retention_days=30)
    with agent_box.open() as agent:
        assert agent.retention.shown_from() == agent_box.clock.now() - 30 * DAY_SECONDS
        agent_box.clock.jump(IN_2100)
        assert agent.retention.shown_from() == IN_2100 - 30 * DAY_SECONDS
        assert agent.retention.deleted_before(30) == 0


def test_without_a_server_the_clock_is_believed_once_it_has_shown_it_for_long_enough(
    agent_box: AgentBox,
) -> None:
    with agent_box.open() as agent:
        watched_daily(agent_box, agent, 20, known=False)
        now = agent_box.clock.now()
        agent.housekeeping()
        agent_box.clock.jump(IN_2100)
        for _ in range(3):
            agent_box.clock.stand(GRACE_SECONDS // 4)
            assert agent.housekeeping().deleted == 0
        agent_box.clock.jump(now)  # the clock is corrected
        assert agent.housekeeping().deleted == 0
        agent_box.clock.advance(80 * DAY_SECONDS)
        assert agent.housekeeping().deleted == 0  # this, too, may be a leap
        agent_box.clock.stand(GRACE_SECONDS - 1)
        assert agent.housekeeping().deleted == 0
        agent_box.clock.stand(1)
        assert agent.housekeeping().deleted == 9
        # What was believed is no reason to delete once the clock says less.
        agent_box.clock.jump(now)
        agent.retention.choose(1)
        assert agent.housekeeping().deleted == 9


def test_more_than_a_batch_is_deleted_at_once(agent_box: AgentBox) -> None:
    agent_box.config = Config(retention_days=8)
    with agent_box.open() as agent:
        agent_box.update(agent)
        agent.grant(Purpose.HISTORY)
        now = agent_box.clock.now()
        agent.record_watch(
            [
                WatchEvent(entity_id=f"t:{number}", watched_on=now - 9 * DAY_SECONDS - number)
                for number in range(1203)
            ],
            keep_unknown=True,
        )
        assert agent.housekeeping().deleted == 1203
        assert agent._home.history.count("main") == 0
