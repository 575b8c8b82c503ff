from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title
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
