"""A private session changes nothing: the same box with and without one is the same afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.inspection import dump_tables, file_facts
from edgeagent.testing.publication import TITLE_IDS
from edgeagent.testing.randomness import SeededRandomSource
from edgeagent.testing.scorer import DigestScorer
from edgeagent.testing.transport import ScriptedTransport

PURPOSES = (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something a household or its box does."""

    name: str
    title: str
    wait_seconds: int


def _watch(box: AgentBox, agent: Agent, act: Act) -> object:
    return agent.record_watch(WatchEvent(entity_id=act.title, watched_on=box.clock.now()))


def _recommend(box: AgentBox, agent: Agent, act: Act) -> object:
    del box, act
    return agent.recommend()


def _explain(box: AgentBox, agent: Agent, act: Act) -> object:
    del box
    return agent.explain(act.title)


def _housekeeping(box: AgentBox, agent: Agent, act: Act) -> object:
    del box, act
    return agent.housekeeping()


def _close_week(box: AgentBox, agent: Agent, act: Act) -> object:
    del act
    box.update(agent)
    return agent.close_week(), agent.disclosures()


def _send(box: AgentBox, agent: Agent, act: Act) -> object:
    del box, act
    return agent.send_reports()


PRIVATE: Mapping[str, Callable[[AgentBox, Agent, Act], object]] = {
    "watch": _watch,
    "recommend": _recommend,
    "explain": _explain,
    "housekeeping": _housekeeping,
}
PUBLIC = {**PRIVATE, "close_week": _close_week, "send": _send}


def _acts(
    names: Mapping[str, object], *, longest_wait_seconds: int
) -> st.SearchStrategy[list[Act]]:
    return st.lists(
        st.builds(
            Act,
            name=st.sampled_from(sorted(names)),
            title=st.sampled_from(TITLE_IDS),
            wait_seconds=st.integers(1, longest_wait_seconds),
        ),
        max_size=8,
    )


def _new_box(directory: Path) -> AgentBox:
    directory.mkdir()
    return AgentBox(
        directory=directory / "home",
        runtime_directory=directory / "run",
        scorer=DigestScorer(),
        transport=ScriptedTransport(),
        random=SeededRandomSource("private"),
    )


def _do(box: AgentBox, agent: Agent, acts: Sequence[Act]) -> list[object]:
    answers = []
    for act in acts:
        box.clock.advance(act.wait_seconds)
        answers.append(PUBLIC[act.name](box, agent, act))
    return answers


def _live(
    box: AgentBox,
    before: Sequence[Act],
    private: Sequence[Act] | None,
    after: Sequence[Act],
    *,
    idle_seconds: int = 0,
) -> tuple[object, ...]:
    """Live a life and return all that can be seen of it from the private session on.

    Instead of a private session, the box may be on and idle for a while.
    """
    agent = box.open()
    box.update(agent)
    for purpose in PURPOSES:
        agent.grant(purpose)
    box.clock.set(box.end_of_reporting_week(agent) - WEEK_SECONDS)
    _do(box, agent, before)
    began = box.clock.now()
    if private is not None:
        facts = file_facts(box.directory)
        agent.private.start(minutes=240)
        _do(box, agent, private)
        assert file_facts(box.directory) == facts  # no file of the home was written
        agent.private.stop()
    box.clock.set(began)
    box.clock.stand(idle_seconds)
    answers = _do(box, agent, after)
    box.clock.advance(WEEK_SECONDS)
    answers += _do(box, agent, [Act(name="close_week", title="", wait_seconds=1)])
    answers += _do(box, agent, [Act(name="recommend", title="", wait_seconds=1)])
    box.clock.advance(5 * DAY_SECONDS)
    answers += _do(box, agent, [Act(name="send", title="", wait_seconds=1)])
    seen = (answers, dump_tables(agent._home), _sizes(box), _sent(box))
    agent.close()
    return (*seen, _sizes(box))


def _sizes(box: AgentBox) -> dict[str, int]:
    return {name: facts.size_bytes for name, facts in file_facts(box.directory).items()}


def _sent(box: AgentBox) -> list[bytes]:
    assert isinstance(box.transport, ScriptedTransport)
    return box.transport.bodies


@pytest.mark.deep
@settings(max_examples=15, deadline=None)
@given(
    before=_acts(PUBLIC, longest_wait_seconds=DAY_SECONDS),
    private=_acts(PRIVATE, longest_wait_seconds=900),
    after=_acts(PUBLIC, longest_wait_seconds=DAY_SECONDS),
)
def test_with_and_without_a_private_session_nothing_differs(
    before: list[Act], private: list[Act], after: list[Act]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        with_one = _live(_new_box(Path(directory) / "with"), before, private, after)
        idle = sum(act.wait_seconds for act in private)
        without = _live(
            _new_box(Path(directory) / "without"), before, None, after, idle_seconds=idle
        )
    for one, other in zip(with_one, without, strict=True):
        assert one == other
    assert without[3]  # a report was sent, so that equal reports mean something


def test_the_comparison_sees_a_single_viewing(tmp_path: Path) -> None:
    watch = Act(name="watch", title=TITLE_IDS[0], wait_seconds=60)
    recommend = Act(name="recommend", title="", wait_seconds=1)
    one = _live(_new_box(tmp_path / "one"), [watch], None, [recommend])
    other = _live(_new_box(tmp_path / "other"), [], None, [recommend])
    assert one[0] != other[0]
    assert one[1] != other[1]


@pytest.mark.parametrize("name", sorted(PRIVATE))
def test_a_new_process_within_a_private_session_leaves_every_file_as_it_was(
    tmp_path: Path, name: str
) -> None:
    box = _new_box(tmp_path / "box")
    with box.open() as agent:
        box.update(agent)
        for purpose in PURPOSES:
            agent.grant(purpose)
        agent.record_watch(WatchEvent(entity_id=TITLE_IDS[1], watched_on=box.clock.now()))
        agent.private.start(minutes=60)
    facts = file_facts(box.directory)
    with box.open() as agent:
        _do(box, agent, [Act(name=name, title=TITLE_IDS[0], wait_seconds=60)])
    assert file_facts(box.directory) == facts


def test_the_same_acts_outside_of_one_do_change_files(tmp_path: Path) -> None:
    box = _new_box(tmp_path / "box")
    with box.open() as agent:
        box.update(agent)
        for purpose in PURPOSES:
            agent.grant(purpose)
        facts = file_facts(box.directory)
        _do(box, agent, [Act(name="watch", title=TITLE_IDS[0], wait_seconds=60)])
        assert file_facts(box.directory) != facts
