"""``python -m tests.audit``: prove the privacy loss of the sampler, and that the proof can fail."""

from __future__ import annotations

import sys
from fractions import Fraction
from time import perf_counter
from typing import Any

import click
import msgspec

from edgeagent.errors import PromiseBroken
from edgeagent.privacy.subset_selection import SubsetSelection
from tests.audit.exact import SPREAD_OF_ODDS, chance_of_truth, largest_ratio, mechanisms, permitted
from tests.audit.mutants import RATIO_MUTANTS

_FULL_SPREAD = (*SPREAD_OF_ODDS, Fraction(299, 100), Fraction(1000, 999))


@click.command()
@click.option("--full", is_flag=True, help="Up to 9 categories, and more values of e^epsilon.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(*, full: bool, as_json: bool) -> None:
    """Prove the privacy loss of the sampler by taking every branch of its random source."""
    started = perf_counter()
    result: dict[str, Any] = {
        "exact": _prove_ratios(up_to=9 if full else 7),
        "first_draw": _prove_first_draws(_FULL_SPREAD if full else SPREAD_OF_ODDS),
        "mutants": _judge_mutants(),
    }
    failures = [*result["exact"]["wrong"], *result["first_draw"]["wrong"]]
    failures += [
        f"{mutant['name']} escaped" for mutant in result["mutants"] if not mutant["caught"]
    ]
    result |= {"ok": not failures, "seconds": round(perf_counter() - started, 1)}
    click.echo(msgspec.json.encode(result).decode() if as_json else _in_words(result))
    for failure in failures:
        click.echo(f"error: {failure}", err=True)
    sys.exit(PromiseBroken.exit_code if failures else 0)


def _prove_ratios(*, up_to: int) -> dict[str, Any]:
    cases = list(mechanisms(Fraction(3), up_to=up_to))
    for odds in SPREAD_OF_ODDS[1:4]:
        cases += mechanisms(odds, up_to=min(up_to, 6))
    wrong = []
    for case in cases:
        ratio = largest_ratio(case, case.categories)
        if ratio != case.odds:
            wrong.append(f"{_name(case)}: largest ratio {ratio}, not {case.odds}")
    return {"mechanisms": len(cases), "up_to_categories": up_to, "wrong": wrong}


def _prove_first_draws(spread: tuple[Fraction, ...]) -> dict[str, Any]:
    cases = list(permitted(spread))
    wrong = [
        f"{_name(case)}: the truth is kept with chance {chance}, not {case.p}"
        for case in cases
        if (chance := chance_of_truth(case, 0)) != case.p
    ]
    return {"mechanisms": len(cases), "odds": [str(odds) for odds in spread], "wrong": wrong}


def _judge_mutants() -> list[dict[str, Any]]:
    claimed = SubsetSelection(5, Fraction(3), weight=2)
    judged = []
    for mutant in RATIO_MUTANTS:
        ratio = largest_ratio(mutant(claimed), claimed.categories)
        judged.append(
            {
                "name": mutant.__name__,
                "layer": "exact ratio",
                "ratio": "infinite" if ratio is None else str(ratio),
                "caught": ratio != claimed.odds,
            }
        )
    return judged


def _name(case: SubsetSelection) -> str:
    return f"S'={case.categories} d={case.weight} e^epsilon={case.odds}"


def _in_words(result: dict[str, Any]) -> str:
    exact, first, mutants = result["exact"], result["first_draw"], result["mutants"]
    caught = sum(mutant["caught"] for mutant in mutants)
    return (
        f"{exact['mechanisms']} mechanisms up to {exact['up_to_categories']} categories: "
        f"{len(exact['wrong'])} whose largest ratio is not exactly e^epsilon\n"
        f"{first['mechanisms']} permitted mechanisms: {len(first['wrong'])} whose first draw is "
        f"not exactly p\n"
        f"{caught} of {len(mutants)} planted faults caught\n"
        f"{result['seconds']} s"
    )


if __name__ == "__main__":
    main()
