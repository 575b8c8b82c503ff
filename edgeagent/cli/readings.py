"""What a reader of a report sees, in words for the command line."""

from __future__ import annotations

from collections.abc import Iterator

from edgeagent.agent import Agent
from edgeagent.cli.wording import counted, words
from edgeagent.consent import Purpose
from edgeagent.messages import decode_report
from edgeagent.privacy.reading import Reading, Ticks, of_empty_week, read_counts
from edgeagent.randomness import SystemRandomSource
from edgeagent.services.reports.named_tasks import NamedTask
from edgeagent.store import Disclosure

__all__ = ["example_lines", "reading_lines"]


def reading_lines(agent: Agent, report: Disclosure) -> tuple[str, ...]:
    """Return what the reader of a report sees, by name, and what it does not prove."""
    counts = decode_report(report.body).counts
    read = read_counts(report.task, counts)
    return tuple(_lines(read, agent.reports.named_task(report.task)))


def example_lines(agent: Agent) -> tuple[str, ...]:
    """Return an example for a household that has not decided; none once it has reported.

    It is made here from a week in which nothing was watched, and is neither kept nor sent.
    """
    asked = agent.reports.named_task()
    granted = any(
        agent.gate.holds(Purpose.REPORTING, profile=profile.name)
        for profile in agent.household.profiles()
    )
    if asked is None or granted or agent.disclosures():
        return ()
    head = words("an example of a week in which nothing was watched, never kept or sent:")
    return (head, *_lines(of_empty_week(asked.task, SystemRandomSource()), asked))


def _lines(read: Reading, asked: NamedTask | None) -> Iterator[str]:
    if not isinstance(read.shown, Ticks):
        yield words(
            "holds a number for each of {groups} groups; together they count at most {most} "
            "sessions, and noise moved each by {shift:.0f} on average, so that none proves "
            "anything",
            groups=len(read.counts),
            most=read.shown.most_sessions,
            shift=read.shown.mean_shift,
        )
        return
    yield counted(
        "ticks {number} of these {groups} groups; yours may or may not be among them:",
        "ticks {number} of these {groups} groups; yours may or may not be among them:",
        len(read.shown.ticked),
        groups=len(read.counts),
    )
    for number in read.shown.ticked:
        if asked is None:
            yield "  " + words("group {number}, whose name is not known", number=number + 1)
            continue
        category = asked.categories[number]
        noise = "" if category.is_counted else " " + words("(never counted)")
        yield f"  {category.name}{noise}"
