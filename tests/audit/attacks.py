"""What an observer gets out of the reports themselves, measured beside what theory allows.

The observer is as strong as can be: reports of one box can be linked, and the household watches the
same segment for ever. No attack breaks a bound; the figures illustrate the bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np

from edgeagent.messages import Report
from edgeagent.privacy.inference import largest_posterior, posterior, uniform_prior
from edgeagent.privacy.subset_selection import SubsetSelection
from tests.audit.loss import TASKS, SeededSource, draw_reports
from tests.audit.part import Effort, Result
from tests.audit.refutation import Reports

ASKED = TASKS[0]
MECHANISM = SubsetSelection(ASKED.categories, ASKED.odds)
P, Q = float(MECHANISM.p), float(MECHANISM.q)
A_YEAR = 4
TOLERATED = 5.0
"""Standard errors; a false alarm in one of two million."""


def _reports(effort: Effort, segment: int, number: int, name: str) -> Reports:
    seed = f"{name} {segment} {effort.full}"
    return draw_reports(ASKED, (segment,), number=number, source=SeededSource(seed))


def _standard_error(chance: float, trials: int) -> float:
    return sqrt(max(chance * (1 - chance), 1e-6) / trials)


def guess_in_theory(reports: int, boxes: int) -> float:
    """Return how often the category reported most often is the constant one, ties by chance.

    From the published description of the mechanism, on its own: the truth with chance p, and a
    uniform choice of the others up to d. By simulation; one report gives p / d.
    """
    rng, others = np.random.default_rng(reports), ASKED.categories - 1
    true, counts = np.zeros(boxes), np.zeros((boxes, others))
    for _ in range(reports):
        kept = rng.random(boxes) < P
        ranks = rng.random((boxes, others)).argsort(axis=1).argsort(axis=1)
        counts += ranks < (MECHANISM.weight - kept)[:, None]
        true += kept
    best = counts.max(axis=1)
    ties = (counts == best[:, None]).sum(axis=1)
    return float(np.where(true > best, 1, np.where(true == best, 1 / (1 + ties), 0)).mean())


def guessing(effort: Effort) -> Result:
    """Guess a constant segment from 1, 4, 12 and 40 linked reports."""
    boxes = 20_000 if effort.full else 2000
    rng = np.random.default_rng(5)
    figures, wrong = [], []
    for number in (1, 4, 12, 40):
        effort.say(f"{boxes:,} boxes of {number} reports")
        drawn = _reports(effort, 3, boxes * number, f"guess {number}")
        counts = drawn.reshape(boxes, number, -1).sum(axis=1)
        guesses = (counts + rng.random(counts.shape)).argmax(axis=1)  # ties by chance
        found = float((guesses == 3).mean())
        theory = guess_in_theory(number, 2 * boxes)
        error = _standard_error(theory, boxes) * sqrt(1.5)  # of both
        if abs(found - theory) > TOLERATED * error:
            wrong.append(f"{number} reports: {found:.3f} guessed, theory says {theory:.3f}")
        figures.append(
            {"reports": number, "guessed": found, "theory": theory, "standard_error": error}
        )
    words = ", ".join(
        f"{row['reports']}: {row['guessed']:.0%} (theory {row['theory']:.0%})" for row in figures
    )
    return Result(
        name="guessing",
        wrong=tuple(wrong),
        figures={"boxes": boxes, "chance": 1 / ASKED.categories, "rows": figures},
        summary=f"a constant segment is guessed from {words} (chance {1 / ASKED.categories:.0%})",
    )


def averaging(effort: Effort) -> Result:
    """Average a year of linked reports, and believe what Bayes allows."""
    boxes = 2000 if effort.full else 300
    drawn = _reports(effort, 3, boxes * A_YEAR, "year").reshape(boxes, A_YEAR, -1)
    shares = (drawn.mean(axis=1) - Q) / (P - Q)
    prior = uniform_prior(ASKED.categories)
    bound = largest_posterior(prior[0], ASKED.odds**A_YEAR)
    beliefs = [posterior(prior, [_report(counts) for counts in year]) for year in drawn]
    true = [belief[3] for belief in beliefs]
    largest = max(max(belief) for belief in beliefs)
    wrong = [f"a belief of {largest:.3f} passes {bound:.3f}"] if largest > bound + 1e-9 else []
    spread = float(shares[:, 3].std())
    return Result(
        name="averaging",
        wrong=tuple(wrong),
        figures={
            "boxes": boxes,
            "reports": A_YEAR,
            "prior": prior[0],
            "mean_belief_in_the_truth": float(np.mean(true)),
            "largest_belief_in_anything": largest,
            "largest_belief_allowed": bound,
            "share_of_the_truth": float(shares[:, 3].mean()),
            "standard_deviation_of_it": spread,
        },
        summary=f"a year of {A_YEAR} linked reports moves belief in the truth from {prior[0]:.0%} "
        f"to {np.mean(true):.0%} on average; at most {bound:.0%} is allowed, {largest:.0%} seen",
    )


def _report(counts: np.ndarray[Any, Any]) -> Report:
    return Report(
        report_id="0" * 32, task=ASKED.name, week=2960, counts=tuple(int(n) for n in counts)
    )


def linking(effort: Effort) -> Result:
    """Tell which of two boxes a report is from, given earlier reports of one of them."""
    pairs = 40_000 if effort.full else 5000
    rows, wrong = [], []
    for earlier in (1, 3):
        own = _reports(effort, 3, pairs * (earlier + 1), f"link {earlier}")
        own = own.reshape(pairs, earlier + 1, -1)
        other = _reports(effort, 17, pairs, f"link {earlier}")
        known = own[:, :earlier].sum(axis=1)
        same = (known * own[:, earlier]).sum(axis=1)
        different = (known * other).sum(axis=1)
        found = float((same > different).mean() + (same == different).mean() / 2)
        # One report changed its box: no event is more than e^ε = 3 times as likely, so at most 3/4.
        allowed = float(ASKED.odds / (ASKED.odds + 1))
        error = _standard_error(found, pairs)
        if found > allowed + TOLERATED * error:
            wrong.append(f"{earlier} earlier reports link {found:.3f}, {allowed:.3f} is allowed")
        rows.append(
            {"earlier": earlier, "linked": found, "allowed": allowed, "standard_error": error}
        )
    words = ", ".join(f"{row['earlier']}: {row['linked']:.1%}" for row in rows)
    return Result(
        name="linking",
        wrong=tuple(wrong),
        figures={"pairs": pairs, "rows": rows},
        summary=f"the right one of two boxes, by earlier reports, {words} (chance 50 %, "
        f"at most {rows[0]['allowed']:.0%})",
    )


def nothing_watched(effort: Effort) -> Result:
    """Tell an empty week from one that was watched, on a box that is on and online."""
    number = 200_000 if effort.full else 20_000
    none = ASKED.none_category
    empty = draw_reports(ASKED, (), number=number, source=SeededSource(f"empty {effort.full}"))
    watched = _reports(effort, 3, number, "watched")
    hit, false = float(empty[:, none].mean()), float(watched[:, none].mean())
    accuracy = (1 + hit - false) / 2
    error = _standard_error(0.5, 2 * number)
    theory = (1 + P - Q) / 2
    odds = float(ASKED.odds)
    wrong = []
    if abs(accuracy - theory) > TOLERATED * error:
        wrong.append(f"{accuracy:.4f} told apart, theory says {theory:.4f}")
    if hit > odds * (false + TOLERATED * error):
        wrong.append(f"'none' is in {hit:.4f} of empty weeks and {false:.4f} of others")
    return Result(
        name="nothing_watched",
        wrong=tuple(wrong),
        figures={
            "reports_a_side": number,
            "none_reported_when_empty": hit,
            "none_reported_when_watched": false,
            "accuracy": accuracy,
            "accuracy_in_theory": theory,
            "accuracy_allowed": odds / (odds + 1),
        },
        summary=f"an empty week is told from a watched one in {accuracy:.1%} of guesses "
        f"(chance 50 %, at most {odds / (odds + 1):.0%})",
    )


def second_report(effort: Effort) -> Mapping[str, float]:
    """Return what a second, independent draw on one week adds, as an old image would give."""
    boxes = 100_000 if effort.full else 20_000
    drawn = _reports(effort, 3, boxes * 2, "second").reshape(boxes, 2, -1).sum(axis=1)
    rng = np.random.default_rng(6)
    guesses = (drawn + rng.random(drawn.shape)).argmax(axis=1)
    return {
        "guessed_from_one": P / MECHANISM.weight,
        "guessed_from_two": float((guesses == 3).mean()),
        "odds_of_two": float(Fraction(ASKED.odds) ** 2),
    }
