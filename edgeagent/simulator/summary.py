"""The result of a simulation as one JSON object, and the check of its promises."""

from __future__ import annotations

from edgeagent.errors import PromiseBroken
from edgeagent.messages import REPORT_BYTES
from edgeagent.simulator.fleet.summary import (
    broken_fleet_promises,
    fleet_lines,
    summarize_fleet,
)
from edgeagent.simulator.quality import Quality
from edgeagent.simulator.simulation import Simulation

__all__ = ["broken_promises", "headline", "raise_if_broken", "summarize"]


def summarize(simulation: Simulation) -> dict[str, object]:
    """Return the object that ``edgeagent simulate --json`` prints."""
    outcomes, artefacts = simulation.outcomes, simulation.artefacts
    return {
        "households": len(outcomes),
        "events": sum(outcome.events for outcome in outcomes),
        "model": {
            "version": artefacts.manifest.model_version,
            "bytes": len(artefacts.model),
            "catalogue_items": artefacts.catalogue_items,
            "catalogue_bytes": len(artefacts.catalogue),
        },
        "recommend": _recommend(simulation.quality),
        "reports": {
            "due": sum(outcome.drawn for outcome in outcomes),
            "sent": sum(outcome.accepted + len(outcome.refused) for outcome in outcomes),
            "accepted": simulation.server_counted,
            "bytes_each": sorted({n for outcome in outcomes for n in outcome.body_lengths}),
        },
        "fleet": summarize_fleet(simulation.fleet),
        "chapters": {name: chapter.facts for name, chapter in simulation.chapters.items()},
        "seconds": simulation.seconds,
    }


def _recommend(quality: Quality) -> dict[str, object]:
    mean, error = quality.ndcg_at_10
    return {
        "protocol": "global",
        "users": quality.users,
        "ndcg_at_10": mean,
        "ndcg_at_10_se": error,
        "popularity_ndcg_at_10": quality.popularity_ndcg_at_10[0],
        "ndcg_gain_se": quality.gain[1],
        "hit_rate_at_10": quality.hit_rate_at_10,
    }


def headline(simulation: Simulation) -> tuple[tuple[str, str], ...]:
    """Return the result in a few lines for people."""
    quality, artefacts = simulation.quality, simulation.artefacts
    model, popular = quality.ndcg_at_10[0], quality.popularity_ndcg_at_10[0]
    gain, error = quality.gain
    drawn = sum(outcome.drawn for outcome in simulation.outcomes)
    events = sum(outcome.events for outcome in simulation.outcomes)
    return (
        ("households", f"{len(simulation.outcomes):,}, {events:,} viewings"),
        ("model", f"{len(artefacts.model):,} bytes, {artefacts.catalogue_items:,} titles"),
        ("picks, NDCG@10", f"{model:.3f} against {popular:.3f} for popularity"),
        ("gain", f"{gain:+.3f} ± {error:.3f} (paired standard error)"),
        ("reports", f"{drawn:,} drawn, {simulation.server_counted:,} counted by the server"),
        *fleet_lines(simulation.fleet),
        *(line for chapter in simulation.chapters.values() for line in chapter.lines),
        ("time", f"{sum(simulation.seconds.values()):.0f} s"),
    )


def broken_promises(simulation: Simulation) -> tuple[str, ...]:
    """Return in words the promises that did not hold; empty if all did."""
    broken = []
    for outcome in simulation.outcomes:
        if not outcome.picks.picks:
            broken.append(f"household {outcome.number} got no picks")
        broken += [
            f"household {outcome.number}: a report was not accepted ({why})"
            for why in outcome.refused
        ]
        if set(outcome.body_lengths) - {REPORT_BYTES}:
            broken.append(f"household {outcome.number} sent lengths {outcome.body_lengths}")
    accepted = sum(outcome.accepted for outcome in simulation.outcomes)
    if accepted != simulation.server_counted:
        broken.append(f"{accepted} reports accepted, {simulation.server_counted} on the server")
    broken += broken_fleet_promises(simulation.fleet)
    broken += [why for chapter in simulation.chapters.values() for why in chapter.broken]
    return tuple(broken)


def raise_if_broken(simulation: Simulation) -> None:
    """Raise if a promise did not hold.

    Raises:
        PromiseBroken: the message names each of them.

    """
    broken = broken_promises(simulation)
    if broken:
        raise PromiseBroken(
            "; ".join(broken), hint="run it again with --keep and examine the named homes"
        )
