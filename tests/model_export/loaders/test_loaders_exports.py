"""Tables and documents as other programs export them: databases of films, media centres, sites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title
from edgeagent.messages.fields import UNKNOWN_AGE
from model_export.loaders import LoadedCatalogue, load_catalogue, load_log
from model_export.loaders.understanding import understand


def _load(directory: Path, text: object) -> LoadedCatalogue:
    path = directory / "titles"
    path.write_text(text if isinstance(text, str) else json.dumps(text), "utf-8")
    return load_catalogue(path)


def _only(directory: Path, text: object) -> Title:
    (title,) = _load(directory, text).titles
    return title


@pytest.mark.parametrize(
    "written",
    [
        "Drama|True Crime",
        "Drama;True Crime",
        "Drama, True Crime",
        "Drama / True Crime",
        "['Drama', 'True Crime']",
        '[""Drama"", ""True Crime""]',
        "[{'id': 18, 'name': 'Drama'}, {'id': 2, 'name': 'True Crime'}]",
        '[{""id"": 18, ""name"": ""Drama""}, {""id"": null, ""name"": ""True Crime""}]',
    ],
)
def test_lists_in_the_spellings_of_databases(tmp_path: Path, written: str) -> None:
    title = _only(tmp_path, f'item,title,genres\na,Low Tide,"{written}"\n')
    assert title.genres == ("Drama", "True Crime")


@pytest.mark.parametrize(
    ("written", "people"),
    [
        ("Ann Bo, Cy Da", ("Ann Bo", "Cy Da")),
        ("Ann Bo;Cy Da", ("Ann Bo", "Cy Da")),
        ("Bo, Ann", ("Bo, Ann",)),
        ("[]", ()),
        ("[not a list]", ("[not a list]",)),
    ],
)
def test_people_in_the_spellings_of_databases(
    tmp_path: Path, written: str, people: tuple[str, ...]
) -> None:
    catalogue = _load(tmp_path, f'item,title,people\na,Low Tide,"{written}"\n')
    found = catalogue.metadata.get("a")
    assert (found.people if found else ()) == people


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("TV Show", "series"), ("tvMiniSeries", "series"), ("tv-series", "series"),
        ("Movie", "film"), ("tvMovie", "film"), ("short", "film"), ("TV Episode", "episode"),
    ],
)  # fmt: skip
def test_kinds_in_the_words_of_databases(tmp_path: Path, kind: str, read: str) -> None:
    assert _only(tmp_path, f"item,title,kind\na,Low Tide,{kind}\n").kind == read


@pytest.mark.parametrize("column", ["season", "episode", "series", "series_id"])
def test_what_belongs_to_a_series_is_no_film(tmp_path: Path, column: str) -> None:
    assert _only(tmp_path, f"item,title,{column}\na,Ebb,1\n").kind == "episode"
    assert _only(tmp_path, f"item,title,{column}\na,Ebb,\n").kind == "film"
    assert _only(tmp_path, f"item,title,{column},kind\na,Ebb,1,film\n").kind == "film"


@pytest.mark.parametrize(
    ("adult", "rating", "age"),
    [
        ("True", "", 18), ("1", "12", 18), ("1.0", "", 18), ("False", "12", 12), ("0", "", 0),
        ("", "", 0), ("\\N", "6", 6),
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", ["adult", "isAdult"])
def test_a_film_for_adults_is_never_for_everybody(
    tmp_path: Path, column: str, adult: str, rating: str, age: int
) -> None:
    text = f"item,title,{column},age_rating\na,Low Tide,{adult},{rating}\n"
    assert _only(tmp_path, text).age_rating == age


def test_an_adult_that_is_neither_true_nor_false_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2, field 'adult'.*expected true or false"):
        _only(tmp_path, "item,title,adult\na,Low Tide,perhaps\n")


@pytest.mark.parametrize("before", ["sep=;\n", "\ufeffsep=;\r\n", "\n\n"])
def test_what_spreadsheets_write_before_the_header_is_no_header(
    tmp_path: Path, before: str
) -> None:
    title = _only(tmp_path, f"{before}item;title;genres\n1;Low Tide;Drama\n")
    assert (title.entity_id, title.title, title.genres) == ("1", "Low Tide", ("Drama",))


def test_an_index_without_a_name_is_named_as_ignored(tmp_path: Path) -> None:
    (ignored,) = _load(tmp_path, ",item,title\n0,a,Low Tide\n").ignored
    assert ignored.reason == "a column without a name"


@pytest.mark.parametrize(
    "header",
    [
        "userId,movieId,timestamp", "user_id,item_id,watched_at", "UserId,ItemId,DateCreated",
        "User ID,Content ID,date",
    ],
)  # fmt: skip
def test_logs_name_their_columns_in_many_ways(tmp_path: Path, header: str) -> None:
    (tmp_path / "titles.csv").write_text("item,title\n7,Low Tide\n")
    (tmp_path / "log.csv").write_text(f"{header}\nann,7,2024-01-02 20:15:00.1234567\n")
    log = load_log(tmp_path / "log.csv", tmp_path / "titles.csv")
    assert log.watched_on.tolist() == [1_704_226_500]


def test_a_column_is_not_guessed_where_two_could_be_meant(tmp_path: Path) -> None:
    (tmp_path / "titles.csv").write_text("item,title\n7,Low Tide\n")
    (tmp_path / "log.csv").write_text("user,movieId,contentId,timestamp\nann,7,8,1700000000\n")
    with pytest.raises(InputError, match="has no column 'item'; it has user, movieId, contentId"):
        load_log(tmp_path / "log.csv", tmp_path / "titles.csv")


FILM: dict[str, Any] = {"@type": "Movie", "@id": "a", "name": "Low Tide"}


@pytest.mark.parametrize(
    ("said", "age"),
    [
        ({"contentRating": {"@type": "Rating", "name": "FSK", "ratingValue": "16"}}, 16),
        ({"contentRating": {"@type": "Rating", "name": "FSK 16"}}, 16),
        ({"contentRating": {"@type": "DefinedTerm", "termCode": "18"}}, 18),
        ({"contentRating": {"@id": "https://ratings.example/wobbly"}}, UNKNOWN_AGE),
        ({"contentRating": "https://schema.org/PG13"}, 13),
        ({"audience": {"@type": "PeopleAudience", "suggestedMinAge": 16}}, 16),
        ({"audience": [{"requiredMinAge": "12"}, "anybody"]}, 12),
        ({"isFamilyFriendly": False}, UNKNOWN_AGE),
        ({"isFamilyFriendly": "http://schema.org/False", "contentRating": "12"}, 12),
        ({"isFamilyFriendly": True}, 0),
        ({"contentRating": True}, 0),
        ({"contentRating": {"ratingValue": None}}, 0),
        ({"contentRating": {"ratingValue": ["6", {"@value": "18"}]}}, 18),
        ({"contentRating": [["6", "18"]]}, 18),
        ({"contentRating": {"description": "FSK 18"}}, UNKNOWN_AGE),
        ({"contentRating": {"@id": "_:b0"}}, UNKNOWN_AGE),
        ({"typicalAgeRange": {"@type": "QuantitativeValue", "minValue": 18}}, 18),
        ({"audience": {"suggestedAge": {"minValue": 16}}}, 16),
        ({"audience": {"suggestedMinAge": ["6", "18"]}}, 18),
    ],
)
def test_ages_in_every_form_of_a_document(tmp_path: Path, said: dict[str, Any], age: int) -> None:
    assert _only(tmp_path, FILM | said).age_rating == age


@pytest.mark.parametrize("local", ["#g", "_:b0", "_:b12", "#rating"])
def test_an_age_that_stands_elsewhere_is_that_and_not_its_id(tmp_path: Path, local: str) -> None:
    rating = {"@type": "Rating", "@id": local, "ratingValue": "16", "suggestedMinAge": 16}
    for said in ("contentRating", "audience"):
        title = FILM | {said: {"@id": local}}
        assert _only(tmp_path, {"@graph": [title, rating]}).age_rating == 16


def test_episodes_of_a_site_without_ids_are_called_by_series_and_number(tmp_path: Path) -> None:
    episodes = [{"@type": "TVEpisode", "episodeNumber": n, "name": f"N{n}"} for n in ("1", 2)]
    season = {"@type": "TVSeason", "seasonNumber": "1", "episode": episodes}
    series = {"@type": "TVSeries", "name": "Tides", "url": "s", "containsSeason": [season]}
    catalogue = _load(tmp_path, series)
    assert [title.entity_id for title in catalogue.titles] == ["s", "Tides S01E01", "Tides S01E02"]
    assert catalogue.left_out == ()


@pytest.mark.parametrize(
    ("fields", "season", "episode"),
    [
        ({"episodeNumber": "S01E03"}, 1, 3),
        ({"episodeNumber": "Episode 4", "seasonNumber": "Season 2"}, 2, 4),
        ({"episodeNumber": "3/10"}, None, 3),
        ({"episodeNumber": 5, "partOfSeason": {"@type": "TVSeason", "name": "Staffel 3"}}, 3, 5),
        ({"episodeNumber": 5, "partOfSeason": {"@type": "TVSeason", "name": "Extras"}}, None, 5),
    ],
)
def test_numbers_written_for_people(
    tmp_path: Path, fields: dict[str, Any], season: int | None, episode: int
) -> None:
    title = _only(tmp_path, {"@type": "TVEpisode", "@id": "e", "name": "Ebb", **fields})
    assert (title.season, title.episode) == (season, episode)


def test_a_web_page_is_no_franchise_and_a_role_is_no_person(tmp_path: Path) -> None:
    page = {"@type": "WebPage", "@id": "#page", "name": "Low Tide - Cinema"}
    role = {"@type": "PerformanceRole", "characterName": "X", "actor": {"name": "Ann Bo"}}
    film = FILM | {"isPartOf": {"@id": "#page"}, "actor": [role]}
    catalogue = _load(tmp_path, {"@graph": [page, film]})
    assert catalogue.titles[0].franchise is None
    assert catalogue.metadata["a"].people == ("Ann Bo",)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"results": [{"id": 603, "title": "Low Tide"}]}, "holds no titles"),
        ([{"id": 1, "name": "Tides", "type": "Scripted"}], "entries of type 'Scripted'"),
        (
            {"itemListElement": [{"@type": "ListItem", "url": "u"}]},
            "a list item that only has an address",
        ),
    ],
)
def test_other_json_is_refused_and_told_what_is_read(
    tmp_path: Path, document: object, says: str
) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        _load(tmp_path, document)
    assert "Movie, TVSeries or TVEpisode of schema.org" in refusal.value.hint


def test_a_web_page_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a web page") as refusal:
        _load(tmp_path, "\n<!DOCTYPE html><html></html>")
    assert "application/ld+json" in refusal.value.hint


def test_one_title_under_two_ids_is_named_whatever_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    path.write_text(
        "item,title,kind,year,series,season,episode\n"
        "a,Café Noir,film,1999,,,\nb,Cafe noir,film,1999,,,\nc,Café Noir,film,2005,,,\n"
        "d,Tides,series,1999,,,\ne,tides,series,2001,,,\n"
        "f,Ebb,episode,,Tides,1,2\ng,Flood,episode,,Tides,1,2\nh,Neap,episode,,Tides,1,3\n"
    )
    assert understand(path).same_titles == (("a", "b"), ("d", "e"), ("f", "g"))


def test_an_item_of_the_log_that_is_written_otherwise_is_named(tmp_path: Path) -> None:
    (tmp_path / "titles.csv").write_text("item,title\nfilm-1,Low Tide\nb,Ebb\n")
    log = "ann,FILM 1,1700000000\nann,b,1700000000\nann,zz,1700000000\n"
    (tmp_path / "log.csv").write_text(f"user,item,timestamp\n{log}")
    viewings = understand(tmp_path / "titles.csv", tmp_path / "log.csv").viewings
    assert viewings is not None
    assert [each.reason for each in viewings.unknown_items] == [
        "not in the catalogue, which writes it otherwise",
        "not in the catalogue",
    ]
    assert viewings.unknown_items[0].first[0].endswith("line 2: 'FILM 1', there it is 'film-1'")


@pytest.mark.parametrize(
    ("header", "row", "age"),
    [
        ("Age Rating", "18", 18),
        ("maturity_rating", "TV-MA", 18),
        ("certification", "R", 17),
        ("FSK", "16", 16),
        ("mpaa", "PG-13", 13),
        ("fsk,mpaa", "12,R", 17),
        ("age_rating,certification", "6,18", 18),
        ("age_rating,certification", "6,", 6),
        ("fsk", "?", UNKNOWN_AGE),
        ("fsk,adult", "6,true", 18),
    ],
)
def test_ages_are_read_from_columns_named_after_who_gives_them(
    tmp_path: Path, header: str, row: str, age: int
) -> None:
    catalogue = _load(tmp_path, f"item,title,{header}\na,Low Tide,{row}\n")
    assert catalogue.titles[0].age_rating == age
    assert catalogue.ignored == ()
    assert catalogue.remarks == ()


def test_training_says_that_a_column_may_hold_ages_and_is_not_read(tmp_path: Path) -> None:
    catalogue = _load(tmp_path, "item,title,rating,colour\na,Low Tide,18,blue\n")
    (remark,) = catalogue.remarks
    assert remark.startswith("column 'rating': is 'age_rating' meant?")
