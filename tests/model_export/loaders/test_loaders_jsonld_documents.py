"""Several documents in one file, and the ways in which JSON-LD writes the same thing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgeagent.errors import InputError
from model_export.loaders import LoadedCatalogue, load_catalogue

FILM = {"@type": "Movie", "@id": "a", "name": "Low Tide"}


def _load(directory: Path, text: object, *, strict: bool = False) -> LoadedCatalogue:
    path = directory / "titles.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text), "utf-8")
    return load_catalogue(path, strict=strict)


def _page(series: str, number: int) -> dict[str, Any]:
    """Return what a site writes into each page: the same local ids every time."""
    return {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "TVSeries", "@id": "#series", "name": series, "genre": f"G{number}"},
            {"@type": "TVSeason", "@id": "_:s", "seasonNumber": number, "partOfSeries": "#series"},
            {
                "@type": "TVEpisode",
                "@id": "#1",
                "url": f"https://tv.example/{number}",
                "name": "Ebb",
                "partOfSeason": {"@id": "_:s"},
            },
        ],
    }


@pytest.mark.parametrize("write", [json.dumps, lambda pages: "\n".join(map(json.dumps, pages))])
def test_local_ids_mean_something_in_their_document_alone(tmp_path: Path, write: Any) -> None:  # noqa: ANN401  (either of two ways to write a list)
    catalogue = _load(tmp_path, write([_page("Tides", 1), _page("Trench", 2)]))
    episodes = {title.entity_id: title for title in catalogue.titles if title.kind == "episode"}
    first, second = episodes["https://tv.example/1"], episodes["https://tv.example/2"]
    assert (first.series_id, first.season, first.genres) == ("tides", 1, ("G1",))
    assert (second.series_id, second.season, second.genres) == ("trench", 2, ("G2",))
    assert {title.title for title in catalogue.titles} == {"Tides", "Trench", "Ebb"}


def test_nodes_without_a_context_of_their_own_are_one_document(tmp_path: Path) -> None:
    nodes = _page("Tides", 1)["@graph"]
    (episode,) = (title for title in _load(tmp_path, nodes).titles if title.kind == "episode")
    assert (episode.series_id, episode.season) == ("tides", 1)


def test_an_id_that_is_no_local_one_means_the_same_in_all_documents(tmp_path: Path) -> None:
    context = {"@context": "https://schema.org"}
    series = context | {"@type": "TVSeries", "@id": "https://tv.example/s", "name": "Tides"}
    episode = context | {"@type": "TVEpisode", "@id": "e", "name": "Ebb"}
    catalogue = _load(tmp_path, [episode | {"partOfSeries": {"@id": series["@id"]}}, series])
    assert catalogue.metadata["e"].series == "Tides"


def test_a_line_that_is_not_json_is_counted_with_its_number(tmp_path: Path) -> None:
    film, other = json.dumps(FILM), json.dumps(FILM | {"@id": "b", "name": "High Tide"})
    text = f"{film}\n\n{film[:-4]}\n{other}\n"
    catalogue = _load(tmp_path, text)
    assert [title.title for title in catalogue.titles] == ["Low Tide", "High Tide"]
    (left_out,) = catalogue.left_out
    assert left_out.first == (f"{tmp_path / 'titles.json'}, line 3",)
    with pytest.raises(InputError, match="line 3: a line that is not JSON"):
        _load(tmp_path, text, strict=True)


@pytest.mark.parametrize(
    "film",
    [
        {"@type": "Movie", "@id": "a", "name": "Low Tide", "genre": "War"},
        {"type": "Movie", "id": "a", "name": "Low Tide", "genre": ["War"]},
        {"@type": "schema:Movie", "@id": "a", "schema:name": "Low Tide", "schema:genre": "War"},
        {
            "@type": ["http://schema.org/Movie"],
            "@id": "a",
            "http://schema.org/name": [{"@value": "Low Tide", "@language": "en"}],
            "http://schema.org/genre": {"@list": [{"@value": "War"}]},
        },
        {"@type": "Movie", "@id": "a", "name": {"en": "Low Tide", "de": "Ebbe"}, "genre": "War"},
        {"@type": "Movie", "@id": "a", "name": "Low Tide", "genre": {"@id": "urn:g"}},
    ],
)
def test_one_film_in_the_spellings_of_json_ld(tmp_path: Path, film: dict[str, Any]) -> None:
    genre = {"@type": "DefinedTerm", "@id": "urn:g", "name": "War"}
    (title,) = _load(tmp_path, [film, genre]).titles
    assert (title.entity_id, title.title, title.genres) == ("a", "Low Tide", ("War",))


def test_a_genre_that_is_an_address_is_kept(tmp_path: Path) -> None:
    (title,) = _load(tmp_path, FILM | {"genre": {"@id": "https://g.example/true-crime"}}).titles
    assert title.genres == ("https://g.example/true-crime",)


def test_what_a_title_is_about_protects_as_keywords_do(tmp_path: Path) -> None:
    catalogue = _load(tmp_path, FILM | {"about": [{"@type": "Thing", "name": "Religion"}]})
    assert catalogue.metadata["a"].keywords == ("Religion",)


@pytest.mark.parametrize("names_none", [True, False])
def test_a_subscription_that_is_not_named_takes_no_title_away(
    tmp_path: Path, *, names_none: bool
) -> None:
    catalogue = _load(tmp_path, FILM | {"requiresSubscription": names_none})
    assert catalogue.titles[0].entitlements == ()
    reasons = [each.reason for each in catalogue.ignored]
    assert reasons == ["a requiresSubscription that names none"] * names_none


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"@type": "VideoObject", "name": "Trailer"}, "entries of type 'VideoObject'"),
        ({"name": "High Water"}, "entries without @type"),
        ({"@type": "ListItem", "url": "https://tv.example/b"}, "a list item that only has an addr"),
        (FILM | {"image": "x"}, "property 'image'"),
        (
            FILM | {"review": {"itemReviewed": {"@type": "Movie", "name": "B"}}},
            "a title only mentioned in 'itemReviewed'",
        ),
    ],
)
def test_what_nobody_reads_is_counted(tmp_path: Path, odd: dict[str, Any], said: str) -> None:
    catalogue = _load(tmp_path, {"@graph": [FILM, odd]})
    assert any(each.reason.startswith(said) for each in catalogue.ignored)
    assert len(catalogue.titles) == 1


RENAMED = "a context that renames words, as 'title' for 'name': they are read as they stand"


@pytest.mark.parametrize(
    "context",
    [
        {"title": "name"},
        {"title": "schema:name", "schema": "https://schema.org/"},
        ["https://schema.org", {"title": {"@id": "https://schema.org/name"}}],
    ],
)
def test_a_context_that_renames_words_is_named(tmp_path: Path, context: object) -> None:
    named = {"@context": context, **FILM}
    assert [each.reason for each in _load(tmp_path, named).ignored] == [RENAMED]
    film = {"@context": context, "@type": "Movie", "@id": "a", "title": "Low Tide"}
    with pytest.raises(InputError, match="without a name") as refusal:
        _load(tmp_path, film)
    assert RENAMED in str(refusal.value)


@pytest.mark.parametrize(
    "context",
    [
        "https://schema.org",
        {"@vocab": "https://schema.org/", "@language": "de"},
        {"schema": "https://schema.org/", "dct": "http://purl.org/dc/terms/", "id": "@id"},
        {"name": "schema:name", "genre": {"@id": "schema:genre", "@container": "@set"}},
    ],
)
def test_a_context_that_renames_nothing_is_not(tmp_path: Path, context: object) -> None:
    assert not _load(tmp_path, {"@context": context, **FILM}).ignored


def test_an_entry_that_nothing_describes_is_left_out_and_a_reference_is_not(tmp_path: Path) -> None:
    listed = {"@type": "ItemList", "itemListElement": [{"@type": "Movie", "@id": "b"}]}
    left_out = _load(tmp_path, [FILM, listed]).left_out
    assert [(each.reason, each.count) for each in left_out] == [
        ("an entry without a name that nothing else describes", 1)
    ]
    assert _load(tmp_path, [FILM | {"@id": "b"}, listed]).left_out == ()


def test_languages_are_counted(tmp_path: Path) -> None:
    assert _load(tmp_path, FILM | {"inLanguage": ["de", "en"]}).languages == {"de": 1}


def test_what_is_shown_is_a_title(tmp_path: Path) -> None:
    event = {
        "@type": "BroadcastEvent",
        "workPerformed": {"@type": "Movie", "url": "u", "name": "A"},
    }
    assert [title.entity_id for title in _load(tmp_path, event).titles] == ["u"]
