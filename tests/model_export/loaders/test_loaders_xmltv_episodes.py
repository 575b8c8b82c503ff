"""Episodes of guides, however a grabber spells their number, and what is no episode."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.messages import Title
from model_export.loaders import load_catalogue


def _only(directory: Path, inside: str) -> Title:
    guide = f'<tv><programme start="20260105200000 +0000" channel="a">{inside}</programme></tv>'
    (directory / "guide.xml").write_text(guide, "utf-8")
    (title,) = load_catalogue(directory / "guide.xml").titles
    return title


@pytest.mark.parametrize(
    ("written", "season", "episode"),
    [
        ("S02E07", 2, 7),
        ("s2e7", 2, 7),
        ("S2 Ep7", 2, 7),
        ("2x07", 2, 7),
        ("Folge 12", None, 12),
        ("E37", None, 37),
        ("S2019E5", 2019, 5),
    ],
)
def test_spellings_on_screen(
    tmp_path: Path, written: str, season: int | None, episode: int
) -> None:
    number = f'<episode-num system="onscreen">{written}</episode-num>'
    title = _only(tmp_path, f"<title>Tide</title>{number}")
    assert (title.kind, title.season, title.episode) == ("episode", season, episode)


def test_numbers_of_xmltv_count_from_zero(tmp_path: Path) -> None:
    number = '<episode-num system="xmltv_ns">1.6/12.0/1</episode-num>'
    title = _only(tmp_path, f"<title>Tide</title>{number}")
    assert (title.season, title.episode) == (2, 7)


def test_an_id_of_a_series_is_not_an_id_of_its_episodes(tmp_path: Path) -> None:
    numbers = (
        '<episode-num system="themoviedb.org">series/77</episode-num>'
        '<episode-num system="onscreen">S01E02</episode-num>'
    )
    title = _only(tmp_path, f"<title>Tide</title>{numbers}")
    assert (title.entity_id, title.series_id) == ("Tide S01E02", "series/77")


def test_a_sub_title_makes_no_episode_of_a_film(tmp_path: Path) -> None:
    inside = "<title>Tide</title><sub-title>Ebb</sub-title><category>movie</category>"
    assert _only(tmp_path, inside).kind == "film"
