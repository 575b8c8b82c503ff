"""How many sessions keep their segment over a refit: ``python -m tests.bench.bench_refit``.

For each seed and each part of the time a model is trained on what came before that moment, and
another, with it as the previous one, on everything. Printed as JSON lines: how many sessions of the
whole log kept their segment, how well the segments describe sessions beside a fit from a fresh
start, and whether the settings stayed. ``--ratings DIR`` takes MovieLens, else it is the invented
panel, another one for each seed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from model_export.loaders import load_log
from model_export.synthetic import synthetic_panel
from model_export.train import train
from tests.bench.figures import say


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=Path, help="MovieLens directory; default: the panel")
    parser.add_argument("--households", type=int, default=500, help="size of the panel")
    parser.add_argument("--before", type=float, nargs="+", default=[0.8, 0.95])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--fresh", action="store_true", help="also fit from a fresh start, to compare cohesion"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    trainings = []
    for seed in options.seeds:
        log = (
            load_log(options.ratings)
            if options.ratings
            else synthetic_panel(seed, households=options.households)
        )
        for part in options.before:
            earlier = log.select(log.watched_on < np.quantile(log.watched_on, part))
            before = train(earlier, seed=seed)
            after = train(log, seed=seed, previous=before)
            found = {
                "seed": seed,
                "more_viewings": round(len(log) / len(earlier) - 1, 3),
                "kept_fraction": round(after.kept_fraction or 0.0, 4),
                "session_cosine": round(after.session_cosine, 3),
                "session_cosine_before": round(before.session_cosine, 3),
                "fitted_with": [after.fit_alpha, after.fit_regularization],
                "settings_stayed": after.settings == before.settings,
            }
            if options.fresh:
                found["session_cosine_anew"] = round(train(log, seed=seed).session_cosine, 3)
            trainings.append(found)
            sys.stderr.write(f"seed {seed}, {part:.0%} of the viewings before: done\n")
    say({"trainings": trainings}, as_json=options.json)


if __name__ == "__main__":
    main()
