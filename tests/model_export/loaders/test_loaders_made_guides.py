"""Guides of eleven countries, compared with what is true of every title in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edgeagent.messages import Title
from model_export.cli import main
from model_export.topics.mapping import NO_MAPPING
from model_export.topics.titles import title_topics
from tests.model_export.loaders.guide_grabbers import GRABBERS, Grabber
from tests.model_export.loaders.made_guides import TrueTitle, write_guide


def _checked(path: Path) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["check", "--catalogue", str(path), "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def _true_facts(title: TrueTitle) -> dict[str, object]:
    return {
        "kind": title.kind,
        "title": title.name,
        "series": title.series,
        "season": title.season,
        "episode": title.episode,
        "year": title.year,
        "run_minutes": title.minutes,
        "age_rating": max(title.ages, default=0),
        "people": list(title.people),
    }


def _compare(path: Path, grabber: Grabber, *, programmes: int, broken_every: int) -> None:
    truth = write_guide(
        path, grabber, programmes=programmes, broken_every=broken_every, seed=programmes
    )
    found = _checked(path)
    titles = {title["item"]: title for title in found["titles"]}
    assert set(titles) == set(truth.titles)
    for item, title in truth.titles.items():
        true = _true_facts(title)
        assert {name: titles[item][name] for name in true} == true, item
        about = title_topics(
            Title(entity_id=item, title="A", genres=titles[item]["genres"]), (), NO_MAPPING
        )
        assert (about.topics, about.is_known) == (title.topics, True), titles[item]["genres"]
    left_out = {each["reason"]: each["count"] for each in found["left_out"]}
    ignored = {each["reason"]: each["count"] for each in found["ignored"]}
    assert left_out == dict(truth.left_out)
    assert {reason: ignored.get(reason, 0) for reason in truth.mended} == dict(truth.mended)
    assert found["entries"] == truth.entries
    assert found["merged"] == truth.entries - len(titles) - sum(left_out.values())


@pytest.mark.parametrize("grabber", GRABBERS, ids=lambda grabber: grabber.country)
def test_a_small_guide_of_each_country_is_read_as_it_is_meant(
    tmp_path: Path, grabber: Grabber
) -> None:
    _compare(tmp_path / "guide.xml", grabber, programmes=400, broken_every=30)


@pytest.mark.deep
@pytest.mark.parametrize("grabber", GRABBERS[::3], ids=lambda grabber: grabber.country)
def test_ten_thousand_programmes_are_read_with_every_loss_counted(
    tmp_path: Path, grabber: Grabber
) -> None:
    _compare(tmp_path / "guide.xml", grabber, programmes=10_000, broken_every=1000)
