"""A deletion must not show: by a report that leaves all the same, or stays away after a hit alone;
by what a preview was made of; by a deletion that is carried out late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_of
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, PolicyError, StorageError
from edgeagent.messages import WatchEvent
from edgeagent.store import ViewingSpan
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from edgeagent.testing.randomness import SeededRandomSource
from edgeagent.testing.scorer import TableScorer
from edgeagent.testing.transport import ScriptedTransport
from tests.audit.boxes import live_a_cycle, living_box
from tests.audit.part import Effort, Result

__all__ = [
    "ACTS",
    "TRIALS",
    "after_a_preview",
    "betrayals",
    "deletions",
    "disorders",
    "while_counted",
    "while_waiting",
]

Act = Callable[[Agent], object]
Trial = Callable[[AgentBox, Agent, Act], Iterator[str]]

ACTS: Mapping[str, Act] = {
    "a title that was watched is forgotten": lambda agent: agent.title_marks.forget(
        TITLE_IDS[0], profile="main"
    ),
    "a title that was not watched is forgotten": lambda agent: agent.title_marks.forget(
        TITLE_IDS[1], profile="main"
    ),
    "a span in which was watched is forgotten": lambda agent: agent.history.forget(
        ViewingSpan(since=0), profile="main"
    ),
    "a span in which was not watched is forgotten": lambda agent: agent.history.forget(
        ViewingSpan(since=0, until=1), profile="main"
    ),
    "the history is erased": lambda agent: agent.erasure.erase_history(),
    "history is withdrawn": lambda agent: agent.withdraw(Purpose.HISTORY),
    "personalization is withdrawn, never granted": lambda agent: agent.withdraw(
        Purpose.PERSONALIZATION
    ),
    "a shorter retention is chosen": lambda agent: agent.retention.choose(60),
}
_MOST_SENDING_SECONDS = 4 * DAY_SECONDS


def deletions(effort: Effort) -> Result:
    """Delete at every moment at which a report could betray it, hit and miss alike."""
    wrong: list[str] = []
    for name in ACTS:
        effort.say(name)
        wrong += betrayals(name, *TRIALS)
    wrong += disorders()
    return Result(
        name="deletions",
        wrong=tuple(wrong),
        figures={"acts": len(ACTS), "boxes": len(ACTS) * len(TRIALS) + len(_ORDERS)},
        summary=f"{len(ACTS)} acts of deletion, hits and misses, at {len(TRIALS)} moments: no "
        "report left, nothing of a preview was kept, nothing newer was deleted",
    )


def betrayals(name: str, *trials: Trial) -> list[str]:
    """Return what is wrong when an act is done at the moments of some trials."""
    wrong: list[str] = []
    for trial in trials:
        with living_box(segment=3, random=SeededRandomSource(f"deletion {name}")) as (box, agent):
            wrong += [f"{name} {fault}" for fault in trial(box, agent, ACTS[name])]
    return wrong


def disorders() -> list[str]:
    """Return where a deletion reaches what is newer."""
    wrong: list[str] = []
    for trial in _ORDERS:
        with living_box(segment=3, random=SeededRandomSource("order")) as (box, agent):
            wrong += trial(box, agent)
    return wrong


def while_counted(box: AgentBox, agent: Agent, act: Act) -> Iterator[str]:
    """Do it while the segmenter runs."""
    live_a_cycle(box, agent, 0, watching=True)
    _scorer(box).before = lambda: act(agent)
    agent.close_week()
    _scorer(box).before = lambda: None
    agent.close_week()
    if agent._home.ledger.debits():
        yield "while the week is counted, which is booked all the same"
    yield from _sent(box, agent, "while the week is counted")


def while_waiting(box: AgentBox, agent: Agent, act: Act) -> Iterator[str]:
    """Do it while a report waits."""
    live_a_cycle(box, agent, 0, watching=True)
    agent.close_week()
    act(agent)
    if len(agent._home.ledger.debits()) != 1:
        yield "while a report waits, whose debit does not stay"
    yield from _sent(box, agent, "while a report waits")


def _sent(box: AgentBox, agent: Agent, moment: str) -> Iterator[str]:
    box.clock.advance(_MOST_SENDING_SECONDS)
    agent.send_reports()
    assert isinstance(box.transport, ScriptedTransport)
    if box.transport.bodies:
        yield f"{moment}, which is sent all the same"


def after_a_preview(box: AgentBox, agent: Agent, act: Act) -> Iterator[str]:
    """Do it after the week was previewed."""
    agent.grant(Purpose.HISTORY)
    box.know_time(agent)
    box.clock.advance(WEEK_SECONDS + DAY_SECONDS)
    _watch(box, agent, 0)
    box.clock.advance(WEEK_SECONDS)
    agent.reports.preview()
    kept = f"preview.{week_of(box.clock.now()) - 1}"
    if agent._home.ledger.state(kept) is None:
        yield "after a preview, which this audit does not find"
    act(agent)
    if agent._home.ledger.state(kept) is not None:
        yield "after a preview, of which the key is kept"
    try:
        agent.reports.preview()
    except (ConsentRequired, PolicyError):
        return
    yield "after a preview, and the week is previewed once more"


def _refused_erasure(box: AgentBox, agent: Agent) -> Iterator[str]:
    def refuse(step: str) -> None:
        if step == "delete":
            raise StorageError("in use", hint="this is an audit")

    agent.grant(Purpose.HISTORY)
    _watch(box, agent, 0)
    try:
        agent.erasure.erase_history(reason="loss_of_consent", step=refuse)
    except StorageError:
        agent.grant(Purpose.HISTORY)
        _watch(box, agent, 1)
    with box.open() as later:
        left = {viewing.entity_id for viewing in later._home.history.window("main")}
        if TITLE_IDS[0] in left:
            yield "an erasure that was refused is never carried out"
        if TITLE_IDS[1] not in left or not later.gate.holds(Purpose.HISTORY, profile="main"):
            yield "an erasure that was refused deletes what came after it"


def _two_refused_erasures(box: AgentBox, agent: Agent) -> Iterator[str]:
    def refuse(step: str) -> None:
        if step == "copy":
            raise StorageError("in use", hint="this is an audit")

    agent.grant(Purpose.HISTORY)
    for number in range(2):
        _watch(box, agent, number)
        with suppress(StorageError):
            agent.erasure.erase_history(step=refuse)
    with box.open() as later:
        if later._home.history.window("main"):
            yield "an erasure that was refused while another waits is never carried out"


def _mark_in_the_same_second(box: AgentBox, agent: Agent) -> Iterator[str]:
    agent.grant(Purpose.HISTORY)
    agent.withdraw(Purpose.HISTORY)
    agent.title_marks.hide(TITLE_IDS[0], profile="main")
    with box.open() as later:
        if TITLE_IDS[0] not in later._home.history.marks("main").hidden:
            yield "a title that was hidden in the second of a withdrawal comes back"


def _rename_to_a_removed_name(box: AgentBox, agent: Agent) -> Iterator[str]:
    for name in ("anna", "bert"):
        agent.household.create(name, kind="adult")
        agent.grant(Purpose.HISTORY, profile=name)
    agent.title_marks.hide(TITLE_IDS[0], profile="anna")
    agent.erasure.erase_profile("bert")
    agent.household.rename("anna", "bert")
    with box.open() as later:
        if not later._home.history.marks("bert").hidden:
            yield "a withdrawal of one who had the name before reaches who has it now"


def _watch(box: AgentBox, agent: Agent, number: int) -> None:
    event = WatchEvent(entity_id=TITLE_IDS[number], watched_on=box.clock.now())
    agent.record_watch(event, keep_unknown=True)


def _scorer(box: AgentBox) -> TableScorer:
    assert isinstance(box.scorer, TableScorer)
    return box.scorer


TRIALS = (while_counted, while_waiting, after_a_preview)
_ORDERS = (
    _refused_erasure,
    _two_refused_erasures,
    _mark_in_the_same_second,
    _rename_to_a_removed_name,
)
