"""report.html: the whole run as one page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgeagent.clock import iso_utc, week_start
from edgeagent.privacy.accounting import epsilon
from edgeagent.simulator.fleet_page import fleet_sections, section_count
from edgeagent.simulator.page import advancing, write_page
from edgeagent.simulator.pictures.run import quality_picture, times_picture
from edgeagent.simulator.simulation import STATE_NAME, Simulation
from edgeagent.simulator.summary import broken_promises, headline, summarize
from edgeagent.store import Disclosure

__all__ = ["report_page_steps", "write_report_page"]


def report_page_steps(simulation: Simulation) -> int:
    """Return how often :func:`write_report_page` tells that a picture is drawn."""
    return section_count(simulation.fleet.scenario)


def write_report_page(
    simulation: Simulation, path: Path, *, advance: Callable[[], None] = lambda: None
) -> Path:
    """Write the page and return where it is; ``advance`` is told of each picture of the fleet.

    Raises:
        OutputError: it cannot be written.

    """
    labels = simulation.artefacts.manifest.segments
    marked = (f"{label.name} (sensitive)" if label.sensitive else label.name for label in labels)
    names = (*marked, "none")
    return write_page(
        "report.html",
        path,
        seed=simulation.options.seed,
        options=simulation.options,
        state=simulation.options.out / STATE_NAME,
        headline=headline(simulation),
        broken=broken_promises(simulation),
        summary=summarize(simulation),
        sections=advancing(fleet_sections(simulation.fleet, names), advance),
        added=[part for chapter in simulation.chapters.values() for part in chapter.sections],
        quality=quality_picture(simulation.quality),
        times=times_picture(simulation.seconds),
        household=simulation.outcomes[0],
        disclosures=[_disclosure(item) for item in simulation.outcomes[0].disclosures],
    )


def _disclosure(item: Disclosure) -> dict[str, str]:
    return {
        "week": iso_utc(week_start(item.week))[:10],
        "drawn": iso_utc(item.drawn_at),
        "settled": iso_utc(item.settled_at) if item.settled_at is not None else "not yet",
        "outcome": item.outcome or "waiting",
        "recipient": item.recipient,
        "meaning": item.meaning,
        "epsilon": f"{epsilon(item.odds):.3f}",
        "body": item.body.decode().rstrip(" "),
        "padding": str(len(item.body) - len(item.body.rstrip(b" "))),
        "bytes": str(len(item.body)),
    }
