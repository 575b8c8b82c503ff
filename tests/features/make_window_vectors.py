"""Write tests/vectors/history_window.json: from viewings to the weights a model is given.

    PYTHONPATH=. python tests/features/make_window_vectors.py

The expected values come from the rules as the pages and ``edgeagent.features.window`` state them,
written down once more in plain Python and rational numbers: a port to another language, and another
processor, must arrive at the same.
"""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors" / "history_window.json"
NOW = 1_780_000_000
DAY = 86_400
RUN_MINUTES = [90, 45, None, 120, 1, 1440]
_TYPICAL_RUN_MINUTES, _MAX_HISTORY = 90, 500


def main() -> None:
    """Write the vectors."""
    text = json.dumps({"about": _ABOUT, "now": NOW, "run_minutes": RUN_MINUTES, "cases": cases()})
    VECTORS.write_text(text.replace('{"name"', '\n{"name"') + "\n", encoding="utf-8")


def cases() -> list[dict[str, Any]]:
    """Return every case with what must come out."""
    return [
        {
            "name": name,
            "viewings": viewings,
            "left_out": left_out,
            "expected": expected(viewings, left_out),
        }
        for name, viewings, left_out in _drawn()
    ]


def expected(viewings: list[dict[str, Any]], left_out: list[str]) -> dict[str, Any]:
    """Apply the rules one after the other."""
    rows = []
    for viewing in viewings:
        name = viewing["entity_id"]
        if name in left_out or not name.startswith("t:"):
            continue
        title = int(name[2:])
        weight = _weight(viewing, RUN_MINUTES[title] or _TYPICAL_RUN_MINUTES)
        if weight > 0:
            rows.append((viewing["watched_on"], title, float(weight)))
    rows = sorted(rows)[-_MAX_HISTORY:]
    return {
        "titles": [title for _, title, _ in rows],
        "weights": [weight for _, _, weight in rows],
        "age_days": [max(NOW - on, 0) / DAY for on, _, _ in rows],
    }


def _weight(viewing: dict[str, Any], run_minutes: int) -> Fraction:
    if viewing.get("completed"):
        return Fraction(1)
    if "progress_fraction" in viewing:
        return Fraction(viewing["progress_fraction"])
    if "progress_seconds" in viewing:
        return min(Fraction(viewing["progress_seconds"], 60 * run_minutes), Fraction(1))
    return Fraction(1, 2)


def _drawn() -> list[tuple[str, list[dict[str, Any]], list[str]]]:
    one = {"entity_id": "t:0", "watched_on": NOW - DAY}
    dice = random.Random(11)  # noqa: S311  (cases, not secrets)
    many = [_any_viewing(dice) for _ in range(700)]
    return [
        ("nothing", [], []),
        ("completed is believed before any number", [{**one, "completed": True}], []),
        (
            "a fraction before seconds",
            [{**one, "progress_fraction": 0.25, "progress_seconds": 5400}],
            [],
        ),
        ("seconds of a known run time", [{**one, "progress_seconds": 1350}], []),
        (
            "seconds of an unknown run time",
            [{**one, "entity_id": "t:2", "progress_seconds": 2700}],
            [],
        ),
        (
            "more seconds than the title has",
            [{**one, "entity_id": "t:4", "progress_seconds": 999}],
            [],
        ),
        ("no progress known", [one], []),
        ("nothing of it watched", [{**one, "progress_fraction": 0.0}], []),
        ("from the future", [{**one, "watched_on": NOW + 5, "completed": True}], []),
        ("unknown to the catalogue", [{**one, "entity_id": "x", "completed": True}], []),
        ("left out", [{**one, "completed": True}, {**one, "entity_id": "t:1"}], ["t:0"]),
        (
            "the same second: by title, then by weight",
            [
                {**one, "entity_id": "t:3"},
                {**one, "progress_fraction": 0.75},
                {**one, "progress_fraction": 0.25},
                {**one, "entity_id": "t:1"},
            ],
            [],
        ),
        ("seven hundred, of which the last five hundred count", many, ["t:5"]),
    ]


def _any_viewing(dice: random.Random) -> dict[str, Any]:
    viewing: dict[str, Any] = {
        "entity_id": f"t:{dice.randrange(len(RUN_MINUTES))}",
        "watched_on": NOW - dice.randrange(90 * DAY),
    }
    kind = dice.randrange(4)
    if kind == 0:
        viewing["completed"] = True
    elif kind == 1:
        viewing["progress_fraction"] = dice.randrange(129) / 128
    elif kind == 2:
        viewing["progress_seconds"] = dice.randrange(10_000)
    return viewing


_ABOUT = (
    "From viewings to the input of the model: which titles (numbers; entity ids are t:NUMBER), "
    "their weights and ages in days, in order of time. Weights and ages are float32 on a box: "
    "compare within 1e-6 of the value."
)

if __name__ == "__main__":
    main()
