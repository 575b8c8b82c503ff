"""What is measured every night, and the limit of each with its reason."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import prod
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.store import Disclosure
from tests.soak.model import MOST_ODDS_A_YEAR, SPACING_WEEKS, YEAR_WEEKS

__all__ = ["LIMITS", "Measured", "beyond", "measure", "over_budget"]

_MIB = 1 << 20
_LEFT_DAYS = 3
"""A viewing may lie so long after its retention: housekeeping comes daily, goes by the signed time,
which a box without a server or power is behind of, and does not run in a private session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One night of a box, or the largest of many."""

    resident_bytes: int = 0
    """Of this process: service, server, publisher and model of the household together."""
    descriptors: int = 0
    threads: int = 0
    history_bytes: int = 0
    ledger_bytes: int = 0
    log_bytes: int = 0
    """The longer of the two write-ahead logs."""
    model_bytes: int = 0
    """Models, catalogues, creatives and metadata on the box."""
    other_bytes: int = 0
    """Every other file of the home."""
    viewings: int = 0
    """Rows, hidden ones included."""
    overdue_days: int = 0
    """How many days the oldest row is past its retention."""

    def largest(self, other: Measured) -> Measured:
        """Return the larger of each."""
        mine, others = asdict(self), asdict(other)
        return Measured(**{name: max(mine[name], others[name]) for name in mine})


LIMITS: dict[str, int] = {
    # A leak of one 4 KiB page for each call, 60 a day, is 85 MiB in a year and 7 in a month.
    "resident_growth_bytes": 48 * _MIB,
    # Sockets, two databases with their logs, the server's store; a leak of one a day is 365.
    "descriptors_growth": 12,
    "threads_growth": 8,  # pools of four, started when they are first needed, and the server's
    "history_bytes": 2 * _MIB,  # 90 days of at most 30 viewings of 400 bytes, and free pages
    "ledger_bytes": 2 * _MIB,  # a decision or a report is about 2 KB, one or two a day
    "log_bytes": 4 * _MIB + 65_536,  # SQLite checkpoints at 1,000 pages, and cuts the log to 4 MiB
    # Six models of 24 KB with catalogues of 18 KB: what is published, active, was before, waits, is
    # a task's, and what an update has just replaced; a list that gets 1 KB a release, 75 a year.
    "model_bytes": 384 * 1024,
    "other_bytes": 256 * 1024,  # keys, anchor, marker, on any number of starts
    "overdue_days": _LEFT_DAYS,
}


def measure(agent: Agent, *, now: int) -> Measured:
    """Measure a box that is at rest."""
    home = agent._home.directory
    databases = [home / "history.db", home / "ledger.db"]
    logs = [path.with_name(f"{path.name}-wal") for path in databases]
    status = {path: path.stat() for path in home.rglob("*") if path.is_file()}
    files = {path: one.st_size for path, one in status.items()}
    # By inode: what is in use may be a second name of what is published.
    of_models = {
        one.st_ino: one.st_size
        for path, one in status.items()
        if path.is_relative_to(home / "models")
    }
    shared = [path.with_name(f"{path.name}-shm") for path in databases]
    others = set(files) - {*databases, *logs, *shared}
    kept_seconds = agent.retention.kept().days * DAY_SECONDS
    ((rows, oldest),) = agent._home.history._database.read(
        "SELECT count(*), coalesce(min(watched_on), ?) FROM events", (now,)
    )
    statm = Path("/proc/self/statm").read_text("ascii").split()
    return Measured(
        resident_bytes=int(statm[1]) * os.sysconf("SC_PAGE_SIZE"),
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        threads=threading.active_count(),
        history_bytes=files[databases[0]],
        ledger_bytes=files[databases[1]],
        log_bytes=max(files.get(log, 0) for log in logs),
        model_bytes=sum(of_models.values()),
        other_bytes=sum(files[one] for one in others if not one.is_relative_to(home / "models")),
        viewings=rows,
        overdue_days=max(0, now - kept_seconds - oldest) // DAY_SECONDS,
    )


def beyond(first: Measured, night: Measured) -> Iterator[str]:
    """Yield which limits a night is beyond, compared with the first one."""
    found = asdict(night)
    for name, start in (
        ("resident_growth_bytes", first.resident_bytes),
        ("descriptors_growth", first.descriptors),
        ("threads_growth", first.threads),
    ):
        plain = name.replace("_growth", "")
        found[name] = found[plain] - start
    for name, limit in LIMITS.items():
        if found[name] > limit:
            yield f"{name}: {found[name]:,} of at most {limit:,}"


def over_budget(disclosures: Sequence[Disclosure]) -> Iterator[str]:
    """Yield where reports are too close together, or cost too much within a year."""
    weeks = sorted(one.week for one in disclosures)
    for earlier, later in itertools.pairwise(weeks):
        if later - earlier < SPACING_WEEKS:
            yield f"budget: reports on the weeks {earlier} and {later}"
    for last in weeks:
        year = (one.odds for one in disclosures if last - YEAR_WEEKS < one.week <= last)
        if prod(year, start=Fraction(1)) > MOST_ODDS_A_YEAR:
            yield f"budget: the year up to week {last} cost more than {MOST_ODDS_A_YEAR} to 1"
