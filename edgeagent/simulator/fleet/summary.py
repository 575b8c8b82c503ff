"""A fleet's outcome as JSON and in a few lines, and the check of what it promises."""

from __future__ import annotations

from dataclasses import asdict
from math import fsum, isclose

from edgeagent.simulator.fleet.coverage import coverage_is_credible
from edgeagent.simulator.fleet.outcome import AttackEffect, FleetOutcome, FleetWindow

__all__ = [
    "broken_fleet_promises",
    "fleet_details",
    "fleet_lines",
    "summarize_fleet",
    "summarize_windows",
]


def summarize_fleet(fleet: FleetOutcome) -> dict[str, object]:
    """Return the whole run as one JSON object."""
    return {
        "devices": fleet.devices,
        "reports": fleet.estimate.reports,
        "rmse": fleet.rmse,
        "expected_rmse": fleet.expected_rmse,
        "interval_coverage": fleet.interval_coverage,
        "mean_half_width": fleet.mean_half_width,
        "boxes": asdict(fleet.boxes),
        "largest_shift_by_opting_out": _largest_shift(fleet),
        "poisoning": None if fleet.effect is None else _poisoning(fleet, fleet.effect),
        "cost": {**asdict(fleet.cost), "bytes_sent": fleet.cost.bytes_sent},
        "note": fleet.note,
    }


def _largest_shift(fleet: FleetOutcome) -> float:
    """Return by how much the boxes that report differ from all, where they differ most."""
    return max(abs(a - b) for a, b in zip(fleet.truth, fleet.truth_of_all, strict=True))


def _poisoning(fleet: FleetOutcome, effect: AttackEffect) -> dict[str, object]:
    lies = fleet.scenario.poisoning
    return {
        "attack": None if lies is None else lies.attack,
        "target": effect.target,
        "share_of_reports": effect.share,
        "effect_on_target": effect.measured[effect.target],
        "expected_effect_on_target": effect.expected[effect.target],
        "standard_error": effect.standard_error,
    }


def summarize_windows(fleet: FleetOutcome) -> list[dict[str, object]]:
    """Return each week as one JSON object; arrays have one entry for each category."""
    return [_window(window) for window in fleet.windows]


def _window(window: FleetWindow) -> dict[str, object]:
    estimate = window.estimate
    return {
        "week": window.week,
        "boxes": asdict(window.boxes),
        "truth": window.truth,
        "truth_of_all": window.truth_of_all,
        "values": None if estimate is None else estimate.values,
        "intervals": None if estimate is None else estimate.intervals,
        "epsilon_most": window.epsilon_most,
        "epsilon_mean": window.epsilon_mean,
    }


def fleet_lines(fleet: FleetOutcome) -> tuple[tuple[str, str], ...]:
    """Return the outcome in a few lines for people, each with its name."""
    error = f"error {fleet.rmse:.4f}, expected {fleet.expected_rmse:.4f}"
    half_width = f"±{100 * fleet.mean_half_width:.1f} points"
    lines = [
        ("fleet", f"{fleet.devices:,} boxes, {fleet.estimate.reports:,} reports: {error}"),
        ("intervals", f"{fleet.interval_coverage:.0%} cover the truth at {half_width}"),
    ]
    effect, lies = fleet.effect, fleet.scenario.poisoning
    if effect is not None and lies is not None:
        measured, expected = (100 * e[effect.target] for e in (effect.measured, effect.expected))
        theory = f"expected {expected:+.2f} ± {100 * effect.standard_error:.2f}"
        what = f"{lies.share:.1%} of boxes, {lies.attack}"
        lines.append(("poisoning", f"{what}: {measured:+.2f} points, {theory}"))
    if fleet.note:
        lines.append(("checkpoint", fleet.note))
    return tuple(lines)


def fleet_details(fleet: FleetOutcome) -> tuple[tuple[str, str], ...]:
    """Return what became of the boxes, and what it cost, for people."""
    boxes, cost, last = fleet.boxes, fleet.cost, fleet.windows[-1]
    silent = (
        f"opted out {boxes.opted_out:,}, silent {boxes.silent:,}, outdated {boxes.outdated:,}, "
        f"off {boxes.off:,}"
    )
    spent = f"{last.epsilon_most:.2f} by one box at most, {last.epsilon_mean:.2f} on average"
    speed = f"{cost.seconds:.1f} s, {cost.box_windows_per_second / 1e6:.2f} million box-windows/s"
    return (
        ("due", f"{boxes.due:,} times a box and its reporting week, {_weeks(len(fleet.windows))}"),
        ("no report", silent),
        ("refused", f"{boxes.refused:,}, and {boxes.duplicate:,} sent twice and counted once"),
        ("late", f"{boxes.late:,} of those counted arrived a week or more after theirs"),
        ("opting out", f"moves a share by up to {100 * _largest_shift(fleet):.1f} points, unseen"),
        ("epsilon spent", spent),
        ("cost", f"{cost.bytes_sent / 1e6:,.1f} MB of reports; {speed}"),
    )


def broken_fleet_promises(fleet: FleetOutcome) -> tuple[str, ...]:
    """Return in words what did not hold; with poisoners, intervals need not cover the truth."""
    broken = []
    if fleet.effect is None and not coverage_is_credible(fleet.covered, len(fleet.truth)):
        broken.append(f"{fleet.covered} of {len(fleet.truth)} intervals cover the truth")
    whole = fsum(fleet.estimate.shares)
    # Where shares are ratios, and the noise leaves nothing to divide by, they are all 0.
    if fleet.estimate.unit == "share" and not isclose(whole, 1, abs_tol=1e-9):
        broken.append(f"the estimated shares sum to {whole}")
    return tuple(broken)


def _weeks(number: int) -> str:
    return "1 week" if number == 1 else f"{number} weeks"
