"""report.html: the run as one self-contained page that needs no network."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from edgeagent import __version__
from edgeagent.clock import iso_utc, week_start
from edgeagent.errors import OutputError
from edgeagent.privacy.accounting import epsilon
from edgeagent.simulator.pictures import quality_picture, shares_picture, times_picture
from edgeagent.simulator.simulation import Simulation
from edgeagent.simulator.summary import broken_promises, headline, summarize
from edgeagent.store import Disclosure

__all__ = ["write_report_page"]


def write_report_page(simulation: Simulation, path: Path) -> Path:
    """Write the page and return where it is.

    Raises:
        OutputError: it cannot be written.

    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string((files(__package__) / "report.html").read_text("utf-8"))
    labels = simulation.artefacts.manifest.segments
    names = (*(label.name for label in labels), "none")
    html = template.render(
        version=__version__,
        options=simulation.options,
        headline=headline(simulation),
        broken=broken_promises(simulation),
        summary=summarize(simulation),
        shares=shares_picture(simulation.fleet, names),
        quality=quality_picture(simulation.quality),
        times=times_picture(simulation.seconds),
        household=simulation.outcomes[0],
        disclosures=[_disclosure(item) for item in simulation.outcomes[0].disclosures],
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, "utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}",
            hint="free disk space, or choose another --out",
        ) from error
    return path


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
