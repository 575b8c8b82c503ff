from __future__ import annotations

import csv
import os
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title, checked
from model_export.synthetic import synthetic_catalogue
from model_export.synthetic.lexicon import GENRES, LEXICA
from model_export.synthetic.titles import TitleWriter

CATALOGUE = synthetic_catalogue(3)
FILMS = [title for title in CATALOGUE if title.kind == "film"]
EPISODES = [title for title in CATALOGUE if title.kind == "episode"]


@pytest.mark.parametrize("titles", [1, 40, 1500])
def test_has_exactly_as_many_titles_as_asked(titles: int) -> None:
    assert len(synthetic_catalogue(3, titles=titles)) == titles


def test_every_title_is_a_valid_message() -> None:
    assert all(checked(title) == title for title in CATALOGUE)


def test_ids_and_titles_are_distinct() -> None:
    assert len({title.entity_id for title in CATALOGUE}) == len(CATALOGUE)
    assert len({title.title.casefold() for title in CATALOGUE}) == len(CATALOGUE)


def test_titles_stay_distinct_when_the_words_run_out() -> None:
    writer = TitleWriter(np.random.default_rng(0))
    titles = [writer.film("Film-Noir") for _ in range(5000)]
    assert len({title.casefold() for title in titles}) == 5000
    assert max(map(len, titles)) < 200


def test_titles_vary() -> None:
    first_words = Counter(title.title.split()[0] for title in FILMS)
    assert len(first_words) > 150
    assert first_words["The"] < 0.5 * len(FILMS)


def test_titles_are_well_formed() -> None:
    for title in CATALOGUE:
        text = title.title
        assert not re.search(r"[{}|]|  |\b[Tt]he the\b|\b[Aa] [AEIOU]|sss|[^aeiou]ys\b", text), text
        assert text[0].isupper() or text[0].isdigit(), text


@pytest.mark.parametrize("genre", GENRES)
def test_every_pattern_of_a_genre_can_be_filled(genre: str) -> None:
    slots = {"quality", "thing", "name", "place", "number"}
    for pattern in (*LEXICA[genre].films, *LEXICA[genre].series):
        assert set(re.findall(r"\{(\w+)\}", pattern)) <= slots
        assert re.fullmatch(r"\S(.*\S)?", pattern)


def test_every_genre_occurs_and_drama_leads() -> None:
    counts = Counter(genre for title in FILMS for genre in title.genres)
    assert set(counts) == set(GENRES)
    assert counts.most_common(1)[0][0] == "Drama"


def test_age_ratings_fit_the_genres() -> None:
    for title in CATALOGUE:
        if "Horror" in title.genres:
            assert title.age_rating >= 16
        if "Children" in title.genres:
            assert title.age_rating <= 12
    assert {title.age_rating for title in CATALOGUE} == {0, 6, 12, 16, 18}


def test_years_and_run_times_are_those_of_films() -> None:
    years = [title.year or 0 for title in FILMS]
    assert min(years) >= 1934
    assert max(years) == 2025
    assert 0.02 < sum(year == 2025 for year in years) / len(years) < 0.2
    assert all(62 <= (title.run_minutes or 0) <= 182 for title in FILMS)
    noir = [title.year or 0 for title in FILMS if "Film-Noir" in title.genres]
    assert np.median(noir) < np.median(years) - 10


def test_series_run_through_their_seasons_episode_by_episode() -> None:
    series = [list(group) for _, group in groupby(EPISODES, key=lambda title: title.series_id)]
    assert len({group[0].series_id for group in series}) == len(series) > 20
    for group in series[:-1]:  # the last one is cut where the catalogue is full
        check_series(group)


def check_series(group: list[Title]) -> None:
    places = [(title.season or 0, title.episode or 0) for title in group]
    seasons, per_season = max(places)
    assert places == [(s, e) for s in range(1, seasons + 1) for e in range(1, per_season + 1)]
    assert len({title.age_rating for title in group}) == 1
    assert len({title.genres for title in group}) == 1
    assert all((title.year or 0) - title.season == (group[0].year or 0) - 1 for title in group)  # type: ignore[operator]
    assert len({title.title.rsplit(": ", maxsplit=1)[0] for title in group}) == 1


def test_the_seed_alone_decides() -> None:
    assert synthetic_catalogue(3) == CATALOGUE
    assert synthetic_catalogue(4) != CATALOGUE


@pytest.mark.parametrize(("seed", "titles"), [(-1, 10), (1, 0)])
def test_senseless_requests_say_the_way_out(seed: int, titles: int) -> None:
    with pytest.raises(InputError) as caught:
        synthetic_catalogue(seed, titles=titles)
    assert "at least" in caught.value.hint


def test_no_title_is_that_of_a_real_film() -> None:
    root = Path(__file__).parents[3]
    data = Path(os.environ.get("EDGEAGENT_DATA", root.parent / "shared" / "data"))
    movies = data / "ml-latest-small" / "movies.csv"
    if not movies.is_file():
        pytest.skip("MovieLens is not here; set EDGEAGENT_DATA to the directory that holds it")
    with movies.open(encoding="utf-8", newline="") as lines:
        real = {bare(row["title"]) for row in csv.DictReader(lines)}
    assert len(real) > 5000
    assert not real & {bare(title.title) for title in CATALOGUE}


def bare(title: str) -> str:
    """Lower case, without year and article: "Matrix, The (1999)" is "matrix"."""
    title = re.sub(r"\s*\(\d{4}\)\s*$", "", title.casefold())
    title = re.sub(r", (the|an|a)$", "", title)
    return re.sub(r"^(the|an|a) ", "", title)
