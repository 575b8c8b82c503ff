"""What a reader sees, for each mechanism and each scheme that is in force."""

from __future__ import annotations

from fractions import Fraction

import pytest

from edgeagent.messages.task_name import TaskTerms, read_task_name
from edgeagent.privacy.discrete_laplace import CLIP
from edgeagent.privacy.randomizers import randomizer_of
from edgeagent.privacy.reading import Noise, Ticks, of_empty_week, read_counts
from edgeagent.testing.randomness import SeededRandomSource
from tests.audit.branching import exact_distribution

TASKS = [
    f"{mechanism}{scheme}.{categories}.{odds}.227"
    for mechanism, all_odds in (
        ("subset_selection", ("3-1", "2-1", "3-2")),
        ("discrete_laplace", ("3-1",)),
    )
    for scheme, sizes in (("", (9, 17, 33, 65)), (".group_daypart", (17, 33)))
    for categories in sizes
    for odds in all_odds
]


def test_a_task_is_read_from_its_name() -> None:
    assert read_task_name("discrete_laplace.9.3-2.7") == TaskTerms(
        mechanism="discrete_laplace",
        scheme="segment",
        categories=9,
        odds=Fraction(3, 2),
        epoch=7,
    )
    assert read_task_name("subset_selection.group_daypart.33.3-1.227").scheme == "group_daypart"


@pytest.mark.parametrize("task", TASKS)
def test_an_example_is_a_possible_report_and_reads_as_one(task: str) -> None:
    terms = read_task_name(task)
    example = of_empty_week(task, SeededRandomSource(task))
    randomizer = randomizer_of(terms.mechanism, terms.categories, terms.odds)
    assert randomizer.is_possible(example.counts)
    assert read_counts(task, example.counts) == example
    assert example.bet_fraction == pytest.approx(float(terms.odds / (terms.odds + 1)))
    assert isinstance(example.shown, Ticks if terms.mechanism == "subset_selection" else Noise)


def test_an_example_is_drawn_as_an_empty_week_is() -> None:
    task = "subset_selection.4.3-1.1"
    found = exact_distribution(lambda source: of_empty_week(task, source).counts)
    with_none = sum(chance for counts, chance in found.items() if counts[-1])
    assert (len(found), with_none) == (4, Fraction(1, 2))  # d = 1: p = 3 / (3 + 3)


def test_ticks_tell_how_likely_the_true_one_is_among_them() -> None:
    read = read_counts("subset_selection.4.3-1.1", (1, 1, 0, 0))
    assert isinstance(read.shown, Ticks)
    assert read.shown.ticked == (0, 1)
    assert read.shown.true_fraction == 0.75
    assert read.shown.other_fraction == pytest.approx((0.75 + 0.25 * 2) / 3)


def test_noise_is_as_large_as_it_is_said_to_be() -> None:
    source = SeededRandomSource("noise")
    examples = [of_empty_week("discrete_laplace.33.3-1.227", source) for _ in range(30)]
    shown = examples[0].shown
    assert isinstance(shown, Noise)
    assert shown.most_sessions == CLIP
    shifts = [abs(count) for example in examples for count in example.counts]
    # The standard error of the mean of 990 draws is 0.5: three of them.
    assert sum(shifts) / len(shifts) == pytest.approx(shown.mean_shift, abs=1.5)
