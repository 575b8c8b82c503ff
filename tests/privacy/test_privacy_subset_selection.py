from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.errors import InputError, PolicyError
from edgeagent.messages import ReportTask, Segmenter, TargetReference, encode_report
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.release import release
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts, PrivatizedCounts
from edgeagent.randomness import SystemRandomSource
from edgeagent.testing.randomness import ScriptedRandomSource, SeededRandomSource

VECTORS = Path(__file__).parents[1] / "vectors" / "sampler_subset_selection.json"
CASES = json.loads(VECTORS.read_text("utf-8"))["cases"]
THREE = Fraction(3)

odds = st.fractions(min_value=Fraction(1001, 1000), max_value=3, max_denominator=1000)


def task(mechanism: str = "subset_selection", *, numerator: Literal[2, 3] = 3) -> ReportTask:
    file = TargetReference(path="models/a.onnx", sha256="a" * 64, length_bytes=1)
    return ReportTask(
        mechanism=mechanism,  # type: ignore[arg-type]
        categories=33,
        odds_numerator=numerator,
        odds_denominator=1,
        epoch=226,
        first_week=0,
        segmenter=Segmenter(space_id="0" * 16, model=file, catalogue=file),
    )


def one_hot(categories: int, category: int) -> BoundedCounts:
    return BoundedCounts.single(category, categories=categories)


def noise(categories: int, factor: Fraction, weight: int) -> Fraction:
    """N × the variance of the estimate of a share of zero, from the definitions alone."""
    p = weight * factor / (weight * factor + categories - weight)
    q = (p * (weight - 1) + (1 - p) * weight) / (categories - 1)
    return q * (1 - q) / (p - q) ** 2


def test_the_weight_of_the_default_is_eight() -> None:
    mechanism = SubsetSelection(33, THREE)
    assert (mechanism.weight, mechanism.p, mechanism.q) == (8, Fraction(24, 49), Fraction(23, 98))


@settings(deadline=None)
@given(categories=st.integers(8, 65), factor=odds)
def test_no_other_weight_is_less_noisy(categories: int, factor: Fraction) -> None:
    mechanism = SubsetSelection(categories, factor)
    best = min(noise(categories, factor, weight) for weight in range(1, categories))
    assert noise(categories, factor, mechanism.weight) == best
    ideal = categories / (factor + 1)
    assert abs(mechanism.weight - ideal) < 1 or mechanism.weight == 1


@settings(deadline=None)
@given(categories=st.integers(2, 65), factor=odds)
def test_the_chances_are_those_of_the_paper(categories: int, factor: Fraction) -> None:
    mechanism = SubsetSelection(categories, factor)
    d, p, q = mechanism.weight, mechanism.p, mechanism.q
    assert p == d * factor / (d * factor + categories - d)
    assert q == (p * (d - 1) + (1 - p) * d) / (categories - 1)
    assert 0 < q < p < 1


@settings(deadline=None)
@given(st.data())
def test_every_report_is_possible(data: st.DataObject) -> None:
    categories = data.draw(st.integers(2, 65))
    mechanism = SubsetSelection(categories, data.draw(odds))
    category = data.draw(st.integers(0, categories - 1))
    counts = mechanism.privatize(
        one_hot(categories, category), SeededRandomSource(str(data.draw(st.integers())))
    ).counts
    assert mechanism.is_possible(counts)


@pytest.mark.parametrize(
    "counts",
    [
        (1, 1, 0, 0, 0, 0, 0, 0),
        (1, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        (1, 1, 1, 0, 0, 0, 0, 0, 0),
        (0, 1, 0, 0, 0, 0, 0, 0, 0),
        (2, 0, 0, 0, 0, 0, 0, 0, 0),
        (1, 1, 1, -1, 0, 0, 0, 0, 0),
    ],
)
def test_other_counts_are_not(counts: tuple[int, ...]) -> None:
    assert not SubsetSelection(9, THREE).is_possible(counts)


@pytest.mark.parametrize(
    ("categories", "factor", "weight"),
    [
        (1, THREE, None),
        (33, Fraction(1), None),
        (33, Fraction(1, 2), None),
        (33, THREE, 0),
        (33, THREE, 33),
    ],
)
def test_parameters_that_make_no_mechanism_are_refused(
    categories: int, factor: Fraction, weight: int | None
) -> None:
    with pytest.raises(PolicyError) as caught:
        SubsetSelection(categories, factor, weight=weight)
    assert caught.value.hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_given_integers_give_the_given_report(case: dict[str, Any]) -> None:
    source = ScriptedRandomSource(case["draws"])
    mechanism = SubsetSelection(
        case["categories"], Fraction(case["odds_numerator"], case["odds_denominator"])
    )
    counts = mechanism.privatize(one_hot(case["categories"], case["category"]), source).counts
    assert (list(counts), source.bounds) == (case["counts"], case["bounds"])
    assert mechanism.weight == case["weight"]


def test_the_source_of_the_box_serves_it() -> None:
    mechanism = SubsetSelection(33, THREE)
    assert mechanism.is_possible(mechanism.privatize(one_hot(33, 32), SystemRandomSource()).counts)


def test_a_task_names_its_randomizer() -> None:
    mechanism = randomizer_for(task(numerator=2))
    assert isinstance(mechanism, SubsetSelection)
    assert (mechanism.categories, mechanism.odds) == (33, Fraction(2))


def test_a_report_holds_the_counts_and_a_fresh_id() -> None:
    noisy = PrivatizedCounts((1, *(0,) * 24, *(1,) * 7, 0))
    source = ScriptedRandomSource([0xABC])
    report = release(noisy, task=task(), week=2960, random=source)
    assert source.bounds == [1 << 128]
    assert report.report_id == "00000000000000000000000000000abc"
    assert (report.task, report.week) == ("subset_selection.33.3-1.226", 2960)
    assert report.counts == noisy.counts
    assert len(encode_report(report)) == 512


@pytest.mark.parametrize(
    ("totals", "reports"),
    [
        ((2,) * 9, 0),
        ((2,) * 8, 9),
        ((2,) * 8 + (3,), 9),
        ((19, -1) + (0,) * 7, 9),
        ((10, 8) + (0,) * 7, 9),
    ],
    ids=["no reports", "a category too few", "weight too large", "negative", "more than reports"],
)
def test_totals_that_no_reports_add_up_to_are_refused(
    totals: tuple[int, ...], reports: int
) -> None:
    with pytest.raises(InputError, match="cannot add up") as caught:
        SubsetSelection(9, THREE).estimate(
            Totals(reports=reports, counts=totals, at_limit=(0,) * 9)
        )
    assert caught.value.hint
