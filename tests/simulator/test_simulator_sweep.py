"""The sweep: the chart that it prints, and what it refuses."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from edgeagent.cli.root import cli
from edgeagent.messages.task import PERMITTED_ODDS
from edgeagent.privacy.precision import half_width
from edgeagent.privacy.subset_selection import SubsetSelection


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["simulate", "sweep", *words])


def test_every_permitted_odds_with_every_fleet() -> None:
    result = run("--json", "--share", "0.1", "--segments", "8", "--boxes", "900", "--boxes", "500")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert [(point["odds"], point["boxes"]) for point in answer["points"]] == [
        (str(odds), boxes) for odds in PERMITTED_ODDS for boxes in (500, 900)
    ]
    for point, odds in zip(answer["points"][::2], PERMITTED_ODDS, strict=True):
        theory = half_width(SubsetSelection(9, odds), 0.1, reports=500)
        assert point["half_width"] == pytest.approx(theory)


def test_people_read_a_sentence_for_each_fleet() -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "With 100,000 boxes at e^ε = 3 a segment of 5 % is known to ±1 points." in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--share", "0"], "0.0 is not in the range 0<x<1"),
        (["--segments", "9"], "'9' is not one of '8', '16', '32', '64'"),
        (["--boxes", "99"], "99 is not in the range"),
    ],
)
def test_an_argument_that_cannot_be_meant_is_refused(words: list[str], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_options_of_the_main_job_do_not_reach_it() -> None:
    result = CliRunner().invoke(cli, ["simulate", "--seed", "2", "sweep"])
    assert result.exit_code == 2
    assert "--seed belongs to the main job: write options of sweep after it" in result.stderr
