"""Wrong types and odd text in a file: a clear error, or it is counted and the rest is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeagent.errors import InputError
from model_export.loaders import LoadedCatalogue, load_catalogue, load_log
from model_export.loaders.catalogue_builder import FIELDS

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAMES = st.sampled_from(
    [
        "@id", "@type", "@value", "@graph", "@context", "@language", "@list", "id", "type", "name",
        "schema:name", "https://schema.org/name", "headline", "identifier", "url", "sameAs",
        "value", "genre", "keywords", "about", "datePublished", "contentRating", "typicalAgeRange",
        "duration",
        "partOfSeries", "partOfSeason", "isPartOf", "seasonNumber", "episodeNumber", "episode",
        "containsSeason", "actor", "description", "expires", "requiresSubscription", "inLanguage",
        "itemListElement", "item", "itemReviewed", "de", "",
    ]
)  # fmt: skip
ODD_TEXT = st.sampled_from(
    [
        "Movie", "TVSeries", "TVEpisode", "TVSeason", "schema:Movie", "#a", "_:a", "a", "PT1H", "P",
        "", " ", "\u200d", "\u202e", "\x00", "\\N", "N/A", "None", "NaN", "-1", "1e400", "0x10",
        "?", "18+", "1999", "2030-01-01", "99999999999999999999", "null", "[", "{", "|", ",",
        "x" * 300, "\ud7ff\uffff",
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ODD_TEXT
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)
GOOD = {"@type": "Movie", "@id": "https://tv.example/good", "name": "Low Tide"}


def _refused(path: Path, read: Callable[[], object]) -> bool:
    """Return whether a file is refused; it has to be said which, and what to do."""
    try:
        read()
    except InputError as error:
        return str(path) in str(error) and bool(error.hint)
    return False


def _read(path: Path) -> LoadedCatalogue | None:
    try:
        return load_catalogue(path)
    except InputError:
        assert _refused(path, lambda: load_catalogue(path))
        return None


@QUICK
@given(odd=VALUES)
def test_whatever_stands_in_a_document_is_read_or_refused(tmp_path: Path, odd: object) -> None:
    path = tmp_path / "titles.json"
    path.write_text(json.dumps([odd]), "utf-8")
    if (catalogue := _read(path)) and catalogue.left_out:
        assert _refused(path, lambda: load_catalogue(path, strict=True))


@QUICK
@given(odd=st.dictionaries(NAMES, VALUES, max_size=8))
def test_an_odd_entry_takes_nothing_else_along(tmp_path: Path, odd: dict[str, object]) -> None:
    path = tmp_path / "titles.json"
    path.write_text(json.dumps([{**odd, "@type": "Movie"}, GOOD]), "utf-8")
    catalogue = _read(path)
    assert catalogue is not None
    assert "https://tv.example/good" in {title.entity_id for title in catalogue.titles}
    assert len(catalogue.titles) > 1 or catalogue.left_out or catalogue.ignored


@QUICK
@given(lines=st.lists(VALUES, max_size=4))
def test_a_line_that_is_odd_takes_nothing_else_along(tmp_path: Path, lines: list[object]) -> None:
    path = tmp_path / "titles.json"
    written = [json.dumps(GOOD), "{not JSON", *map(json.dumps, lines)]
    path.write_text("\n".join(written), "utf-8")
    catalogue = _read(path)
    assert catalogue is not None
    assert catalogue.titles[0].title == "Low Tide"
    assert catalogue.left_out[0].reason == "a line that is not JSON"
    assert _refused(path, lambda: load_catalogue(path, strict=True))


@QUICK
@given(
    header=st.lists(st.sampled_from(FIELDS), unique=True, max_size=8),
    rows=st.lists(st.lists(ODD_TEXT | st.text(max_size=6), max_size=10), max_size=4),
    separator=st.sampled_from([",", ";", "\t", "::", "|"]),
)
def test_whatever_stands_in_a_table_is_read_or_refused(
    tmp_path: Path, header: list[str], rows: list[list[str]], separator: str
) -> None:
    path = tmp_path / "titles.csv"
    lines = [["item", "title", *header], *rows]
    path.write_text("\n".join(separator.join(line) for line in lines), "utf-8", newline="")
    _read(path)


@QUICK
@given(
    rows=st.lists(
        st.tuples(ODD_TEXT, st.sampled_from(["a", "b", ""]), ODD_TEXT | st.integers(), ODD_TEXT)
    )
)
def test_whatever_stands_in_a_log_is_read_or_refused(
    tmp_path: Path, rows: list[tuple[object, ...]]
) -> None:
    (tmp_path / "titles.csv").write_text("item,title\na,A\nb,B\n")
    path = tmp_path / "log.csv"
    lines = [("user", "item", "timestamp", "progress"), *rows]
    path.write_text("\n".join(",".join(map(str, line)) for line in lines), "utf-8", newline="")
    try:
        log = load_log(path, tmp_path / "titles.csv")
    except InputError:
        assert _refused(path, lambda: load_log(path, tmp_path / "titles.csv"))
    else:
        assert 0 < len(log) <= len(rows)


@pytest.mark.parametrize("depth", [100, 300, 450, 900])
def test_a_value_nested_deeply_is_read_or_refused(tmp_path: Path, depth: int) -> None:
    name: object = "Low Tide"
    for _ in range(depth):
        name = {"value": [name]}
    path = tmp_path / "titles.json"
    path.write_text(json.dumps(GOOD | {"name": name}) if depth < 200 else _nested(depth), "utf-8")
    _read(path)


def _nested(depth: int) -> str:
    opened = '{"value": [' * depth
    return f'{{"@type": "Movie", "@id": "a", "name": {opened}"x"{"]}" * depth}}}'
