"""Chapters of the simulation: which are written, and what they say on a small panel."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from edgeagent.cli.root import cli
from edgeagent.cli.simulate import command
from edgeagent.clock import WEEK_SECONDS
from edgeagent.simulator.calendar import START
from edgeagent.simulator.chapters import CHAPTERS
from edgeagent.simulator.chapters.chapter import Chapter, Ground
from edgeagent.simulator.chapters.write import write_chapter
from model_export.evaluation.ranking import global_split
from model_export.publishing.artefacts import export
from model_export.synthetic import synthetic_panel
from model_export.train import train


@pytest.mark.parametrize(
    ("given", "read"),
    [("", ()), ("plan", ("plan",)), ("all", CHAPTERS), (" plan, plan ", ("plan",))],
)
def test_chapters_are_read_once_each_in_the_order_of_the_page(
    given: str, read: tuple[str, ...], tmp_path: Path
) -> None:
    context = command.make_context("simulate", ["--chapters", given, "--out", str(tmp_path)])
    assert context.params["chapters"] == read


def test_a_chapter_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli, ["simulate", "--chapters", "plan,epilogue", "--out", str(tmp_path)]
    )
    assert result.exit_code == 2
    assert "no chapter 'epilogue': choose from" in result.stderr


@pytest.fixture(scope="module")
def ground() -> Ground:
    log = synthetic_panel(5, households=250, weeks=30, titles=300, start=START - 30 * WEEK_SECONDS)
    split = global_split(log)
    model = train(split.training, seed=5, segments=16, dimension=16)
    return Ground(
        seed=5, log=log, split=split, model=model, artefacts=export(model, log, now=START)
    )


@pytest.fixture(scope="module")
def planned(ground: Ground) -> Chapter:
    return write_chapter("plan", ground)


@pytest.mark.deep
def test_planned_targets_hold_the_truth_as_often_as_they_say(planned: Chapter) -> None:
    assert planned.broken == ()
    assert 88 <= int(str(planned.facts["targets_covered"])) <= 100  # of 100
    assert planned.facts["reach_within_bounds"] == planned.facts["targets"] == 100


@pytest.mark.deep
def test_line_ups_from_counts_follow_an_audience_that_is_another(planned: Chapter) -> None:
    trials = planned.facts["line_ups"]
    assert isinstance(trials, dict)
    for trial in trials.values():
        assert trial.chance < trial.counts <= trial.hindsight
        assert trial.inside_counts <= trial.inside_both
        assert trial.inside_both >= 0.8 * trial.candidates
    same, another = trials["same"], trials["another"]
    assert another.counts - another.popular > same.counts - same.popular


@pytest.mark.deep
def test_promos_bring_more_where_taste_matters_nothing_where_it_does_not_and_keep_their_caps(
    ground: Ground,
) -> None:
    chapter = write_chapter("promo", ground)
    assert chapter.broken == ()
    policies = chapter.facts["policies"]
    assert isinstance(policies, dict)
    weight, box, known = policies["weight"], policies["box"], policies["known"]
    assert weight.uplift == {"none": 0.0, "5x": 0.0}
    context = policies["context"]
    assert box.uplift["none"] == context.uplift["none"] == pytest.approx(0.0)
    assert context.uplift["5x"] > 0
    assert known.uplift["5x"] > 2 * box.uplift["5x"] > 0.01
    assert weight.caps_kept
    assert box.caps_kept
    assert box.first_half == pytest.approx(0.5, abs=0.01)
    assert 0.9 < box.fairness[0] <= 1 <= box.fairness[1] < 1.1
    assert json.loads(msgspec.json.encode(chapter.facts))["creatives"] == 12


@pytest.mark.deep
def test_artwork_fits_more_by_taste_than_by_chance_and_nothing_where_it_does_not_matter(
    ground: Ground,
) -> None:
    chapter = write_chapter("artwork", ground)
    assert chapter.broken == ()
    policies = chapter.facts["policies"]
    assert isinstance(policies, dict)
    chance, box, known = policies["chance"], policies["box"], policies["known"]
    assert chance.uplift["none"] == box.uplift["none"] == known.uplift["none"] == 0.0
    assert known.uplift["2x"] > box.uplift["2x"] > 1.05 * chance.uplift["2x"]
    assert 0 < box.shown == chance.shown < policies["any"].shown == 1
    assert chapter.facts["misleading"] == 0
    moved = chapter.facts["moved"]
    assert isinstance(moved, dict)
    assert 0 < moved["share"] <= moved["bound"]
    examples = chapter.sections[1].picture.numbers.rows
    assert len({title for title, _, _ in examples}) == 8
    assert json.loads(msgspec.json.encode(chapter.facts))["titles"] > 50


@pytest.mark.deep
def test_priors_stay_where_nothing_has_moved_and_an_old_hold_out_refuses_what_has(
    ground: Ground,
) -> None:
    chapter = write_chapter("drift", ground)
    points = chapter.facts["points"]
    assert isinstance(points, list)
    assert len(points) == 12
    # Without an alarm nothing is touched: a gain of exactly 0.
    assert all(point.gain == 0.0 for point in points if point.alarms == 0.0)
    calm = [point for point in points if point.drift == "none"]
    assert sum(point.alarms * point.fleets for point in calm) <= 3  # of 11, 1 in 20 each
    strongest = next(p for p in points if (p.drift, p.reports) == ("strong", 500_000))
    assert strongest.alarms == 1.0
    stale = chapter.facts["stale_holdout"]
    assert isinstance(stale, dict)
    assert stale["gain"] < -2 * stale["standard_error"]
    assert json.loads(msgspec.json.encode(chapter.facts))["limits"]["none"] == 0.0
