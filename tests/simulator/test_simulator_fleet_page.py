"""fleet.html: which pictures it holds, and that it needs no network."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeagent.cli.root import cli
from edgeagent.simulator.fleet.scenario import Scenario, invented_mix
from edgeagent.simulator.fleet_page import section_count

_ALWAYS = {
    *("What the company learns", "Week by week", "What became of the boxes"),
    *("The budget", "What it costs"),
}
_THEORY = {"More boxes", "More privacy", "Boxes that lie"}


def page_of(out: Path, *words: str) -> str:
    arguments = ["simulate", "fleet", "--boxes", "20000", "--weeks", "14", "--segments", "8"]
    result = CliRunner().invoke(cli, [*arguments, "--out", str(out), "--json", *words])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["devices"] == 20_000
    return (out / "fleet.html").read_text("utf-8")


def _scenario(has_theory: bool) -> Scenario:
    return Scenario(
        boxes=1,
        weeks=14,
        seed=1,
        mix=invented_mix(9),
        mechanism="subset_selection" if has_theory else "discrete_laplace",
        odds=Fraction(3),
    )


@pytest.mark.deep
@pytest.mark.parametrize(
    ("words", "titles"),
    [
        (["--odds", "2", "--poison", "0.02"], _ALWAYS | _THEORY),
        (["--mechanism", "discrete_laplace"], _ALWAYS),  # its theory is another
    ],
)
def test_every_section_has_a_picture_a_caption_and_a_table(
    tmp_path: Path, words: list[str], titles: set[str]
) -> None:
    page = page_of(tmp_path, *words)
    assert set(re.findall("<h2>(.+?)</h2>", page)) == {*titles, "In short"}
    pictures = len(titles)
    assert pictures == section_count(_scenario("--mechanism" not in words))
    for part, times in (("<svg", 2), ("<figcaption>", 1), ("<details>", 1), ('role="img"', 2)):
        assert page.count(part) == times * pictures, part
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)
    assert "@import" not in page
    assert ("intervals that cover" in page) == ("--poison" not in words)
