from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title
from edgeagent.messages.fields import UNKNOWN_AGE
from model_export.loaders import LoadedCatalogue, load_catalogue
from model_export.metadata import Metadata

MOVIE: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "Movie",
    "@id": "m1",
    "name": "Low Tide",
}


def _load(directory: Path, document: object) -> LoadedCatalogue:
    (directory / "titles.json").write_text(json.dumps(document))
    return load_catalogue(directory / "titles.json")


def test_a_film_with_everything(tmp_path: Path) -> None:
    film = MOVIE | {
        "genre": ["Drama", "Crime, Romance"],
        "datePublished": "1999-05-01",
        "duration": "PT1H44M",
        "contentRating": {"@type": "Rating", "ratingValue": "PG-13"},
        "director": {"@type": "Person", "name": "Ann Bo"},
        "actor": [{"@id": "#cy"}, "Eve Fo"],
        "keywords": "sea, salt",
        "description": {"@value": "Wet.", "@language": "en"},
        "isPartOf": {"@type": "MovieSeries", "name": "Tidal"},
        "expires": "2030-01-01",
        "requiresSubscription": {"@type": "MediaSubscription", "name": "basic"},
    }
    catalogue = _load(tmp_path, {"@graph": [film, {"@type": "Person", "@id": "#cy", "name": "Cy"}]})
    assert catalogue.titles == (
        Title(
            entity_id="m1",
            title="Low Tide",
            genres=("Drama", "Crime", "Romance"),
            year=1999,
            age_rating=13,
            run_minutes=104,
            franchise="Tidal",
            available_until=1_893_456_000,
            entitlements=("basic",),
        ),
    )
    assert catalogue.metadata["m1"] == Metadata(
        people=("Cy", "Eve Fo", "Ann Bo"), keywords=("sea", "salt"), description="Wet."
    )


EPISODE = Title(
    entity_id="e1",
    title="Ebb",
    kind="episode",
    genres=("Drama",),
    age_rating=12,
    series_id="s1",
    season=2,
    episode=3,
)
SERIES = {
    "@type": "TVSeries",
    "@id": "s1",
    "name": "Tides",
    "genre": "Drama",
    "contentRating": "12",
}
NESTED = SERIES | {
    "containsSeason": {
        "@type": "TVSeason",
        "seasonNumber": 2,
        "episode": [{"@type": "TVEpisode", "@id": "e1", "name": "Ebb", "episodeNumber": "3"}],
    }
}
REFERRING = [
    {
        "@type": ["CreativeWork", "http://schema.org/TVEpisode"],
        "identifier": {"@type": "PropertyValue", "value": "e1"},
        "name": ["Ebb"],
        "episodeNumber": 3,
        "partOfSeason": {"@id": "s1/2"},
    },
    {"@type": "TVSeason", "@id": "s1/2", "seasonNumber": 2, "partOfSeries": "s1"},
    SERIES,
]


@pytest.mark.parametrize("document", [NESTED, [NESTED], {"@graph": REFERRING}, REFERRING])
def test_episodes_stand_within_their_series_or_refer_to_it(
    document: object, tmp_path: Path
) -> None:
    catalogue = _load(tmp_path, document)
    by_id = {title.entity_id: title for title in catalogue.titles}
    assert by_id["e1"] == EPISODE
    assert by_id["s1"].kind == "series"
    assert catalogue.metadata["e1"].series == "Tides"
    assert len(by_id) == 2


def test_item_lists_and_feeds_are_walked_in_order(tmp_path: Path) -> None:
    films = [{"@type": "schema:Movie", "url": f"u{n}", "name": f"N{n}"} for n in range(4)]
    document = {
        "@type": "ItemList",
        "itemListElement": [{"@type": "ListItem", "item": film} for film in films[:2]],
        "mainEntity": {"@type": "DataFeed", "dataFeedElement": films[2:]},
    }
    found = [title.entity_id for title in _load(tmp_path, document).titles]
    assert found == ["u0", "u1", "u2", "u3"]


def test_age_and_genres_of_the_series_count_for_an_episode_that_has_its_own(tmp_path: Path) -> None:
    series = {"@type": "TVSeries", "@id": "s1", "name": "Trench", "genre": "War"}
    episode = {"@type": "TVEpisode", "@id": "e1", "name": "Rain", "genre": ["Drama", "War"]}
    catalogue = _load(
        tmp_path,
        series | {"contentRating": "FSK 18", "episode": [episode | {"contentRating": "FSK 6"}]},
    )
    (rain,) = (title for title in catalogue.titles if title.entity_id == "e1")
    assert (rain.age_rating, set(rain.genres)) == (18, {"Drama", "War"})


@pytest.mark.parametrize("whose", ["season", "series", "the series elsewhere"])
def test_what_protects_counts_wherever_it_is_said(tmp_path: Path, whose: str) -> None:
    said = {"contentRating": "FSK 18", "genre": "War", "keywords": "trench"}
    episode = {"@type": "TVEpisode", "@id": "e1", "name": "Rain", "contentRating": "FSK 6"}
    season = {"@type": "TVSeason", "seasonNumber": 1, "episode": [episode]}
    series = {"@type": "TVSeries", "@id": "s1", "name": "Trench"}
    document = [
        series
        | (said if whose == "series" else {})
        | {"containsSeason": season | (said if whose == "season" else {})},
        {"@id": "s1"} | (said if whose == "the series elsewhere" else {}),
    ]
    catalogue = _load(tmp_path, document)
    (rain,) = (title for title in catalogue.titles if title.entity_id == "e1")
    assert (rain.age_rating, rain.genres) == (18, ("War",))
    assert catalogue.metadata["e1"].keywords == ("trench",)


def test_what_cannot_be_meant_is_not_said(tmp_path: Path) -> None:
    odd = MOVIE | {
        "duration": "long",
        "datePublished": "soon",
        "genre": [{"@type": "Thing"}, None, "Drama"],
        "keywords": 7,
        "actor": [None, {"@type": "Person"}],
        "typicalAgeRange": "6-12",
        "isPartOf": [],
        "description": {"@type": "TextObject"},
    }
    catalogue = _load(tmp_path, odd)
    expected = Title(entity_id="m1", title="Low Tide", genres=("Drama",), age_rating=6)
    assert catalogue.titles == (expected,)
    assert catalogue.metadata == {}


def test_a_title_named_twice_is_one(tmp_path: Path) -> None:
    twice = _load(tmp_path, [MOVIE, MOVIE | {"genre": "Drama", "name": "Low Tide (4K)"}])
    assert twice.titles == (Title(entity_id="m1", title="Low Tide", genres=("Drama",)),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[{]", "is not JSON"),
        ('{"@type": "Movie", "name": "\\ud800"}', "is not JSON"),
        ('[{"@type": "Movie", "name": "A"}]', r"1 left out: nothing in field 'item' .*\$\[0\]"),
        ('{"@graph": [{"@type": "Movie", "@id": "a", "name": ""}]}', "nothing in field 'title'"),
        ('[{"@type": "Person", "name": "A"}]', "holds no titles"),
        ("[" * 100_000, "nested too deeply|is not JSON"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "titles.json").write_text(text)
    with pytest.raises(InputError, match=says) as refusal:
        load_catalogue(tmp_path / "titles.json")
    assert refusal.value.hint


def test_a_byte_order_mark_is_no_matter_and_latin_1_is(tmp_path: Path) -> None:
    path = tmp_path / "titles.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(MOVIE).encode())
    assert load_catalogue(path).titles[0].title == "Low Tide"
    path.write_bytes('{"@type": "Movie", "name": "Caf\xe9"}'.encode("latin-1"))
    with pytest.raises(InputError, match="is not JSON"):
        load_catalogue(path)


def test_too_large_a_document_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.json"
    with path.open("wb") as file:
        file.write(b"{")
        file.truncate(600 * 1024 * 1024)  # a hole: it takes no room on the disk
    with pytest.raises(InputError, match="at most 536,870,912 are read") as refusal:
        load_catalogue(path)
    assert "split it" in refusal.value.hint


TRENCH: dict[str, Any] = {"@type": "TVSeries", "@id": "s1", "name": "Trench"}


def _only(directory: Path, document: object) -> Title:
    (title,) = _load(directory, document).titles
    return title


def test_keywords_of_the_series_count_for_an_episode_that_has_its_own(tmp_path: Path) -> None:
    episode = {"@type": "TVEpisode", "@id": "e1", "name": "Rain", "keywords": "mud"}
    catalogue = _load(tmp_path, TRENCH | {"keywords": "war", "episode": [episode]})
    assert catalogue.metadata["e1"].keywords == ("mud", "war")


@pytest.mark.parametrize("number", [None, "", []])
def test_a_season_without_a_number_leaves_the_episodes_own(tmp_path: Path, number: object) -> None:
    season = {"@type": "TVSeason", "seasonNumber": number}
    episode = {"@type": "TVEpisode", "@id": "e1", "name": "Rain", "seasonNumber": 2}
    assert _only(tmp_path, episode | {"partOfSeason": season}).season == 2


def test_season_zero_is_a_season(tmp_path: Path) -> None:
    season = {"@type": "TVSeason", "seasonNumber": 0, "partOfSeries": TRENCH | {"@id": "#s"}}
    episode = {"@type": "TVEpisode", "@id": "e1", "name": "Extra", "partOfSeason": season}
    assert _only(tmp_path, episode).season == 0


@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: {"@type": "xsd:string", "@value": value},
        lambda value: [{"@value": value}],
        lambda value: [value],
    ],
)
def test_typed_values_are_read(tmp_path: Path, wrap: Callable[[str], object]) -> None:
    film = MOVIE | {"datePublished": wrap("2016-05-06"), "duration": wrap("PT1H30M")}
    title = _only(tmp_path, film)
    assert (title.year, title.run_minutes) == (2016, 90)
    episode = {"@type": "TVEpisode", "@id": "e1", "name": "Rain", "episodeNumber": wrap("3")}
    season = {"@type": "TVSeason", "seasonNumber": wrap("2")}
    title = _only(tmp_path, episode | {"partOfSeason": season})
    assert (title.season, title.episode) == (2, 3)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("PT5400S", 90),
        ("pt1h", 60),
        ("P0000-00-00T01:30:00", 90),
        ("P0Y0M0DT1H30M0S", 90),
        ("PT1.5H", 90),
        ("PT1,5H", 90),
        ("P1W", None),  # longer than a day: no running time
        ("P1DT1M", None),
        ("P1Y", None),
        ("90", 90),
        ("P", None),
        (f"PT{'9' * 400}S", None),
        ("long", None),
    ],
)
def test_durations(tmp_path: Path, written: str, minutes: int | None) -> None:
    assert _only(tmp_path, MOVIE | {"duration": written}).run_minutes == minutes


def test_a_duration_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    ignored = _load(tmp_path, MOVIE | {"duration": "long"}).ignored
    assert ["run_minutes" in each.reason for each in ignored] == [True]


@pytest.mark.parametrize("local", ["#movie", "_:b0"])
def test_an_id_that_is_local_to_the_document_is_no_identity(tmp_path: Path, local: str) -> None:
    page = {"@type": "Movie", "@id": local, "name": "Low Tide"}
    films = [page | {"url": "https://tv.example/a"}, page | {"url": "https://tv.example/b"}]
    titles = _load(tmp_path, films).titles
    assert [title.entity_id for title in titles] == [film["url"] for film in films]
    assert _only(tmp_path, page | {"datePublished": "1999-05-01"}).entity_id == "Low Tide (1999)"
    assert _only(tmp_path, page).entity_id == "Low Tide"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identifier", {"@type": "PropertyValue", "value": "tt1"}),
        ("url", "tt1"),
        ("sameAs", ["tt1", "tt2"]),
    ],
)
def test_what_else_names_an_item(tmp_path: Path, field: str, value: object) -> None:
    assert _only(tmp_path, {"@type": "Movie", "name": "Low Tide", field: value}).entity_id == "tt1"


@pytest.mark.parametrize("field", ["partOfSeries", "partOfTVSeries"])
def test_a_series_without_identity_is_a_reference(tmp_path: Path, field: str) -> None:
    series = {"@type": "TVSeries", "name": "Trench"}
    episode = {"@type": "TVEpisode", "@id": "e1", "name": "Rain", field: series}
    catalogue = _load(tmp_path, episode)
    assert [title.entity_id for title in catalogue.titles] == ["e1"]
    assert catalogue.titles[0].series_id == "trench"
    assert catalogue.left_out == ()


def test_what_is_reviewed_is_no_title_of_its_own(tmp_path: Path) -> None:
    review = {"itemReviewed": {"@type": "Movie", "name": "Low Tide"}, "ratingValue": 4}
    catalogue = _load(tmp_path, MOVIE | {"aggregateRating": review})
    assert (len(catalogue.titles), catalogue.left_out) == (1, ())


def test_an_episode_without_a_name_is_called_as_its_series(tmp_path: Path) -> None:
    episodes = [
        {"@type": "TVEpisode", "@id": "e1", "episodeNumber": 1},
        {"@type": "TVEpisode", "@id": "e2", "name": "", "episodeNumber": 2},
        {"@type": "TVEpisode", "@id": "e3", "headline": "Rain", "episodeNumber": 3},
        {"@type": "TVEpisode", "@id": "e4"},  # says nothing: a reference
    ]
    titles = _load(tmp_path, TRENCH | {"episode": episodes}).titles
    assert [title.title for title in titles] == ["Trench", "Trench", "Trench", "Rain"]


@pytest.mark.parametrize("field", ["isSimilarTo", "performerIn", "subjectOf", "itemReviewed"])
def test_a_film_without_identity_inside_another_is_a_reference(tmp_path: Path, field: str) -> None:
    catalogue = _load(tmp_path, MOVIE | {field: [{"@type": "Movie", "name": "High Water"}]})
    assert ([title.title for title in catalogue.titles], catalogue.left_out) == (["Low Tide"], ())


@pytest.mark.parametrize("field", ["@graph", "itemListElement", "dataFeedElement", "mainEntity"])
def test_a_film_without_identity_in_a_list_is_counted_as_left_out(
    tmp_path: Path, field: str
) -> None:
    catalogue = _load(tmp_path, {field: [MOVIE, {"@type": "Movie", "name": "High Water"}]})
    assert ([each.count for each in catalogue.left_out], len(catalogue.titles)) == ([1], 1)


@pytest.mark.parametrize(
    ("genre", "genres"),
    [
        ({"en": ["Drama"], "de": ["Erotik"]}, ("Drama", "Erotik")),
        ({"en": "Drama, Crime", "de": None}, ("Drama", "Crime")),
        ({"@type": "DefinedTerm", "name": {"en": "Drama", "de": "Erotik"}}, ("Drama", "Erotik")),
        ({"@type": "DefinedTerm", "name": [{"@value": "Drama", "@language": "en"}, "Erotik"]},
         ("Drama", "Erotik")),
        ({"@type": "DefinedTerm", "@id": "https://tv.example/erotik"},
         ("https://tv.example/erotik",)),
    ],
)  # fmt: skip
def test_genres_and_keywords_count_in_every_language(
    genre: object, genres: tuple[str, ...], tmp_path: Path
) -> None:
    assert _only(tmp_path, MOVIE | {"genre": genre}).genres == genres
    keywords = _load(tmp_path, MOVIE | {"keywords": genre}).metadata["m1"].keywords
    assert keywords == genres


@pytest.mark.parametrize(
    ("said", "age"),
    [
        ({"audience": {"@type": "Audience", "audienceType": "adults"}}, 18),
        ({"audience": {"audienceType": ["Familien", "Erwachsene"]}}, 18),
        ({"audience": "Adults only"}, 18),
        ({"audience": [{"name": "Teens"}, {"audienceType": "16+"}]}, 16),
        ({"audience": {"audienceType": "sailors"}}, 0),
        ({"suggestedMinAge": 18}, 18),
        ({"requiredMinAge": {"@type": "QuantitativeValue", "minValue": 16}}, 16),
        ({"genre": "Erotik"}, 18),
    ],
)
def test_whom_a_film_is_for_is_an_age_wherever_it_stands(
    said: dict[str, object], age: int, tmp_path: Path
) -> None:
    catalogue = _load(tmp_path, MOVIE | said)
    assert catalogue.titles[0].age_rating == age
    assert catalogue.ignored == ()


@pytest.mark.parametrize(
    ("rating", "age"),
    [
        ({"ratingValue": "2", "bestRating": "5"}, UNKNOWN_AGE),
        ({"@type": "AggregateRating", "ratingValue": 8, "worstRating": 1}, UNKNOWN_AGE),
        ({"name": "FSK 16", "ratingValue": "2", "bestRating": "5"}, 16),
        ({"@type": "Rating", "ratingValue": "12"}, 12),
    ],
)
def test_a_value_on_a_scale_is_no_age(rating: object, age: int, tmp_path: Path) -> None:
    assert _only(tmp_path, MOVIE | {"contentRating": rating}).age_rating == age
