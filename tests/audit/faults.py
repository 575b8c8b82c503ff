"""Planted faults, each with the layer that must catch it, and each layer passing what is honest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from itertools import permutations
from math import log
from pathlib import Path

from edgeagent.clock import week_start
from edgeagent.messages import ReportTask, encode_report
from edgeagent.privacy.discrete_laplace import DiscreteLaplace
from edgeagent.privacy.randomizers import Randomizer
from edgeagent.privacy.release import release
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.randomness import SystemRandomSource
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from server_stub.ingest.admission import Admission, Refusal
from tests.audit.exact import largest_ratio, one_session
from tests.audit.life import STATE_MUTATIONS, Mutation, life
from tests.audit.loss import ALPHA_OF_ARM, TASKS, WEEKS, SeededSource, draw_reports
from tests.audit.mutants import (
    RATIO_MUTANTS,
    ForgottenClip,
    HalvedSensitivity,
    NoiseOfItsOwn,
    SubsetAtFour,
    SubsetWithPattern,
)
from tests.audit.part import Effort, Result
from tests.audit.refutation import lower_bound

_ROOT = Path(__file__).parents[2]
_THREE = Fraction(3)
_WEEK = 2960
_LIVES = 6
_LIFE_CYCLES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The finding of one layer about one fault or control."""

    name: str
    layer: str
    planted: bool
    """False: honest code, which the layer must let pass."""
    caught: bool
    evidence: str


def mutants(effort: Effort) -> Result:
    """Plant every fault; the layer named for it must see it, and must not see one in the code."""
    verdicts = []
    for layer in (_exact, _statistical, _server_weight, _import_ban, _scripted, _state_machine):
        effort.say(layer.__name__.strip("_").replace("_", " "))
        verdicts += list(layer(effort))
    wrong = [
        f"{verdict.name} escaped the layer '{verdict.layer}'"
        if verdict.planted
        else f"the layer '{verdict.layer}' sees a fault in {verdict.name}: {verdict.evidence}"
        for verdict in verdicts
        if verdict.planted != verdict.caught
    ]
    planted = [verdict for verdict in verdicts if verdict.planted]
    caught = sum(verdict.caught for verdict in planted)
    return Result(
        name="mutants",
        wrong=tuple(wrong),
        figures={"verdicts": [asdict(verdict) for verdict in verdicts]},
        summary=f"{caught} of {len(planted)} planted faults caught, each by the layer named for "
        f"it; {len(verdicts) - len(planted)} honest controls",
    )


def _exact(effort: Effort) -> Iterator[Verdict]:
    del effort
    claimed = SubsetSelection(5, _THREE, weight=2)
    judge = partial(Verdict, layer="exact ratio")
    honest = largest_ratio(claimed, 5)
    yield judge(
        name="SubsetSelection", planted=False, caught=honest != 3, evidence=f"ratio {honest}"
    )
    for mutant in RATIO_MUTANTS:
        ratio = largest_ratio(mutant(claimed), claimed.categories)
        yield judge(
            name=mutant.__name__,
            planted=True,
            caught=ratio != claimed.odds,
            evidence="ratio infinite" if ratio is None else f"ratio {ratio}",
        )


def _statistical(effort: Effort) -> Iterator[Verdict]:
    subset, _, laplace, _ = TASKS
    honest = DiscreteLaplace(laplace.categories, _THREE)
    number = 20_000
    yield _tried(SubsetAtFour(subset.categories), subset, number=number)
    yield _tried(HalvedSensitivity(laplace.categories, _THREE), laplace, number=number)
    yield _tried(ForgottenClip(laplace.categories, _THREE), laplace, number=number)
    yield _tried(honest, laplace, number=number, planted=False)
    if effort.full:  # 1 in 2000 takes that many reports to see
        yield _tried(SubsetWithPattern(subset.categories, _THREE), subset, number=1_000_000)


def _tried(
    mechanism: Randomizer, asked: ReportTask, *, number: int, planted: bool = True
) -> Verdict:
    drawn = {
        name: draw_reports(
            asked,
            sessions,
            number=number,
            source=SeededSource(f"fault {name}"),
            mechanism=mechanism,
        )
        for name, sessions in WEEKS.items()
    }
    bounds = [
        lower_bound(drawn[week], drawn[other], alpha=ALPHA_OF_ARM)
        for week, other in permutations(drawn, 2)
    ]
    best = max(bounds, key=lambda bound: bound.epsilon)
    return Verdict(
        name=type(mechanism).__name__,
        layer="statistical",
        planted=planted,
        caught=best.epsilon > log(3),
        evidence=f"ε ≥ {best.epsilon:.3f} by '{best.event}'",
    )


def _server_weight(effort: Effort) -> Iterator[Verdict]:
    """Device and server agree about d, so a consistent other d is refused on arrival."""
    del effort
    agreed = SubsetSelection(33, _THREE)
    server = Admission(TASKS, clock=FakeClock(week_start(_WEEK + 1)))
    for change in (-1, 0, 1):
        drawn = SubsetSelection(33, _THREE, weight=agreed.weight + change)
        noisy = drawn.privatize(one_session(0, 33), SystemRandomSource())
        report = release(noisy, task=TASKS[0], week=_WEEK, random=SystemRandomSource())
        answer = server.judge(encode_report(report))
        yield Verdict(
            name=f"ConsistentWeight{drawn.weight}" if change else "SubsetSelection",
            layer="server weight check",
            planted=change != 0,
            caught=isinstance(answer, Refusal),
            evidence=answer.reason if isinstance(answer, Refusal) else "accepted",
        )


def _import_ban(effort: Effort) -> Iterator[Verdict]:
    """The linter refuses the generators of the standard library in every room."""
    del effort
    for module in ("random", "secrets", ""):
        source = f"from __future__ import annotations\n\nimport {module}\n\n{module}.x()\n"
        run = subprocess.run(
            [
                *(sys.executable, "-m", "ruff", "check", "--output-format=concise"),
                "--select=TID251",
                *(
                    ("--stdin-filename=edgeagent/privacy/planted.py", "-")
                    if module
                    else ("edgeagent/privacy",)
                ),
            ],
            input=source,
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        yield Verdict(
            name=f"import {module}" if module else "edgeagent/privacy",
            layer="import ban",
            planted=bool(module),
            caught=run.returncode != 0,
            evidence=run.stdout.splitlines()[0] if run.stdout else run.stderr[:200],
        )


def _scripted(effort: Effort) -> Iterator[Verdict]:
    """The same integers from the source give the same report, or there is another source."""
    del effort
    honest: tuple[Randomizer, ...] = (SubsetSelection(33, _THREE), DiscreteLaplace(33, _THREE))
    for mechanism in (*honest, NoiseOfItsOwn(33, _THREE)):
        reports = {
            mechanism.privatize(one_session(3, 33), SeededRandomSource("script")).counts
            for _ in range(40)
        }
        yield Verdict(
            name=type(mechanism).__name__,
            layer="scripted source determines the report",
            planted=mechanism not in honest,
            caught=len(reports) > 1,
            evidence=f"{len(reports)} different reports from one script",
        )


def _state_machine(effort: Effort) -> Iterator[Verdict]:
    yield _lived("the agent", None, lives=60 if effort.full else _LIVES)
    for mutation in STATE_MUTATIONS:
        yield _lived(mutation.__name__, mutation, lives=2)


def _lived(name: str, mutation: Mutation | None, *, lives: int) -> Verdict:
    wrong: set[str] = set()
    posts = 0
    for number in range(lives):
        found, sent = life(seed=f"life {number}", cycles=_LIFE_CYCLES, mutation=mutation)
        wrong |= found
        posts += sent
    return Verdict(
        name=name,
        layer="state machine",
        planted=mutation is not None,
        caught=bool(wrong),
        evidence="; ".join(sorted(wrong)) or f"{posts} posts in {lives} lives, all in order",
    )


Layer = Callable[[Effort], Iterator[Verdict]]
