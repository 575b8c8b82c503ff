"""What pages tell of a fleet, picture by picture; fleet.html: a fleet alone as one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import fsum
from pathlib import Path

import numpy as np

from edgeagent.messages.task import PERMITTED_ODDS
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.accuracy import Accuracy, measure_accuracy
from edgeagent.simulator.attack_trials import AttackTrial, try_attacks
from edgeagent.simulator.fleet.outcome import FleetOutcome
from edgeagent.simulator.fleet.scenario import Scenario
from edgeagent.simulator.fleet.streams import stream
from edgeagent.simulator.fleet.summary import broken_fleet_promises, fleet_details, fleet_lines
from edgeagent.simulator.page import advancing, write_page
from edgeagent.simulator.pictures.budget import budget_picture
from edgeagent.simulator.pictures.by_epsilon import by_epsilon_picture
from edgeagent.simulator.pictures.by_fleet import by_fleet_picture
from edgeagent.simulator.pictures.picture import Section
from edgeagent.simulator.pictures.poisoning import poisoning_picture
from edgeagent.simulator.pictures.run import shares_picture
from edgeagent.simulator.pictures.weeks import boxes_picture, cost_picture
from edgeagent.simulator.pictures.windows import windows_picture

__all__ = ["fleet_sections", "section_count", "write_fleet_page"]

_SECTIONS, _OF_THEORY = 5, 3
_FLEETS = (1_000, 10_000, 100_000)
_DRAWN = 500_000
"""Reports for each point: the error of 100,000 is then measured to 6 %, in a third of a second."""


def section_count(scenario: Scenario) -> int:
    """Return how many sections tell of a fleet that lived so."""
    has_theory = isinstance(scenario.randomizer(), SubsetSelection)
    return _SECTIONS + (_OF_THEORY if has_theory else 0)


def fleet_sections(outcome: FleetOutcome, names: tuple[str, ...]) -> Iterator[Section]:
    """Draw everything about a fleet; a second or two go into the errors that are simulated.

    Args:
        outcome: the fleet.
        names: [S'] of the categories.

    """
    yield Section(
        title="What the company learns",
        words="Shares of the answers of reporting boxes, estimated from "
        f"{outcome.estimate.reports:,} reports of {outcome.devices:,} virtual boxes, beside "
        "the truth they were drawn from. One report alone moves the odds of anything about "
        f"its household by a factor of {outcome.scenario.odds} at most; together they make a "
        "measurement whose error is known in advance. “none” is the answer of a week without "
        "a session, and of every session of a sensitive segment: of those no box tells.",
        picture=shares_picture(outcome, names),
    )
    yield Section(
        title="Week by week",
        words="In each week a thirteenth of the boxes is due. No report can tell what the "
        "households watch that do not grant reports: where they differ, the dotted line "
        "leaves the other.",
        picture=windows_picture(outcome, names),
    )
    yield from _theory_sections(outcome, names)
    yield Section(
        title="What became of the boxes",
        words="A box that is new, off or behind with its task sends nothing, whatever was "
        "watched; the server refuses what comes too late.",
        picture=boxes_picture(outcome),
    )
    yield Section(
        title="The budget",
        words="Each box keeps a ledger of what it has spent, and stays silent where the next "
        "report would not fit.",
        picture=budget_picture(outcome),
    )
    yield Section(
        title="What it costs",
        words="Reports are all that boxes send; models and catalogues are downloads that are "
        "the same for everyone.",
        picture=cost_picture(outcome),
    )


def _theory_sections(outcome: FleetOutcome, names: tuple[str, ...]) -> Iterator[Section]:
    """Yield what has a closed form: Subset Selection's accuracy, and the attacks on it."""
    scenario, truth = outcome.scenario, _shares(outcome.truth)
    mechanism = scenario.randomizer()
    if not isinstance(mechanism, SubsetSelection):
        return
    generator = stream(scenario, "pictures")

    def measure(one: SubsetSelection, reports: int) -> Accuracy:
        return measure_accuracy(one, truth, reports=reports, generator=generator, drawn=_DRAWN)

    by_fleet = [measure(mechanism, reports) for reports in _FLEETS]
    yield Section(
        title="More boxes",
        words="The error of a share is the root mean square over all categories. The line is "
        "computed; the points are honest fleets, simulated for this picture.",
        picture=by_fleet_picture(by_fleet, truth, own=_own_accuracy(outcome)),
    )
    mechanisms = [SubsetSelection(scenario.categories, odds) for odds in PERMITTED_ODDS]
    yield Section(
        title="More privacy",
        words="A task can ask for less than the largest ε, and a box refuses anything larger.",
        picture=by_epsilon_picture([measure(one, _FLEETS[-1]) for one in mechanisms], truth),
    )
    lies = scenario.poisoning
    target = int(np.argmin(truth[:-1])) if lies is None else lies.target
    own = None if lies is None or outcome.effect is None else (lies, outcome.effect)
    yield Section(
        title="Boxes that lie",
        words="An attacker may own boxes and let them send anything. The server takes only reports "
        "of the right form, one for each id, so that each lie counts for little. Lines are "
        "computed, points are simulated.",
        picture=poisoning_picture(
            try_attacks(mechanism, truth, target=target, generator=generator),
            names[target],
            own=AttackTrial(poisoning=own[0], effect=own[1]) if own else None,
        ),
    )


def _shares(truth: tuple[float, ...]) -> tuple[float, ...]:
    """Return chances that sum to one as closely as a draw asks for."""
    whole = fsum(truth)
    return tuple(share / whole for share in truth)


def _own_accuracy(outcome: FleetOutcome) -> Accuracy:
    return Accuracy(
        odds=outcome.scenario.odds,
        reports=outcome.estimate.reports,
        expected=outcome.expected_rmse,
        measured=outcome.rmse,
        errors=len(outcome.truth),
        covered=outcome.covered,
        mean_half_width=outcome.mean_half_width,
    )


def write_fleet_page(outcome: FleetOutcome, path: Path, *, advance: Callable[[], None]) -> Path:
    """Write the page of a fleet without a model, and return where it is.

    ``advance`` is told of each section.

    Raises:
        OutputError: it cannot be written.

    """
    segments = (f"segment {number}" for number in range(1, outcome.scenario.categories))
    kept = ["shares that sum to one"] if outcome.estimate.unit == "share" else []
    kept += [] if outcome.effect else ["intervals that cover as often as they say"]
    return write_page(
        "fleet.html",
        path,
        seed=outcome.scenario.seed,
        scenario=outcome.scenario,
        headline=(*fleet_lines(outcome), *fleet_details(outcome)),
        broken=broken_fleet_promises(outcome),
        kept=", and ".join(kept),
        sections=advancing(fleet_sections(outcome, (*segments, "none")), advance),
    )
