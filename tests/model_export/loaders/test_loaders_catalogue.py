"""Catalogues as tables, and what they have in common with guides."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.loaders import LoadedCatalogue, load_catalogue
from model_export.metadata import Metadata


def _load(directory: Path, text: str) -> LoadedCatalogue:
    (directory / "titles.csv").write_text(text, "utf-8")
    return load_catalogue(directory / "titles.csv")


def test_every_column_arrives(tmp_path: Path) -> None:
    text = (
        "item,title,kind,genres,year,age_rating,run_minutes,series,series_id,season,episode,people,"
        "keywords,description,franchise,available_until,entitlements,colour\n"
        'e1,"Tides: Ebb",episode,Drama|Crime,1999,FSK 12,44,Tides,s1,2,3,Ann Bo|Cy Da,sea|salt,'
        '"Wet, cold.",Tidal,2030-01-01T00:00:00Z,basic|sport,blue\n'
    )
    catalogue = _load(tmp_path, text)
    assert catalogue.titles == (
        Title(
            entity_id="e1",
            title="Tides: Ebb",
            kind="episode",
            genres=("Drama", "Crime"),
            year=1999,
            age_rating=12,
            run_minutes=44,
            series_id="s1",
            season=2,
            episode=3,
            franchise="Tidal",
            available_until=1_893_456_000,
            entitlements=("basic", "sport"),
        ),
    )
    assert catalogue.metadata == {
        "e1": Metadata(
            people=("Ann Bo", "Cy Da"),
            keywords=("sea", "salt"),
            series="Tides",
            description="Wet, cold.",
        )
    }


def test_what_is_blank_or_nan_is_not_said(tmp_path: Path) -> None:
    text = "item,title,genres,year,people,season,kind\n1,Anna,nan,NaN,None,null,\\N\n2,Bo,,N/A,,,\n"
    catalogue = _load(tmp_path, text)
    assert catalogue.titles == (
        Title(entity_id="1", title="Anna"),
        Title(entity_id="2", title="Bo"),
    )
    assert catalogue.metadata == {}


def test_titles_and_ids_are_called_null(tmp_path: Path) -> None:
    catalogue = _load(tmp_path, "item,title\nnull,Null\nnan,None\n")
    assert [(title.entity_id, title.title) for title in catalogue.titles] == [
        ("null", "Null"),
        ("nan", "None"),
    ]


def test_a_series_without_an_id_is_told_by_its_name(tmp_path: Path) -> None:
    text = "item,title,kind,series\ne1,One,episode,The Tides\ne2,Two,Episode,the tides\n"
    assert {title.series_id for title in _load(tmp_path, text).titles} == {"the tides"}


def test_a_second_mention_adds_to_the_first(tmp_path: Path) -> None:
    text = (
        "item,title,year,people,genres,run_minutes\n"
        "a,A,,Ann,Drama,44\na,A,1999,Bob,,\nb,B,,,,\na,A,1999,,Crime,45\n"
    )
    catalogue = _load(tmp_path, text)
    first = Title(entity_id="a", title="A", year=1999, genres=("Drama", "Crime"), run_minutes=44)
    assert catalogue.titles == (first, Title(entity_id="b", title="B"))
    assert catalogue.metadata == {"a": Metadata(people=("Ann", "Bob"))}
    (differing,) = catalogue.ignored
    assert (differing.reason, differing.count) == (
        "another run_minutes of the same title: the first stands",
        1,
    )
    assert differing.first == (f"{tmp_path / 'titles.csv'}, line 5",)


def test_what_is_too_long_is_cut(tmp_path: Path) -> None:
    genres = "|".join(map(str, range(99)))
    text = f"item,title,genres,description\na,{'x' * 300},{genres},{'y' * 9999}\n"
    catalogue = _load(tmp_path, text)
    assert len(catalogue.titles[0].title) == 200
    assert len(catalogue.titles[0].genres) == 32
    assert len(catalogue.metadata["a"].description) == 4000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("item,name\na,A\n", "has no column 'title'; it has item, name"),
        ("item,title\n", "titles.csv holds no titles"),
        ("item,title\na,\n", "titles.csv, line 2: nothing in field 'title'"),
        ("item,title\n,A\n", "titles.csv, line 2: nothing in field 'item'"),
        ("item,title\na,A\na,B\n", "line 3: item 'a' is 'B' here and 'A' in .*line 2"),
        ("item,title,year\na,A,1999\na,A,2001\n", "line 3: item 'a' .*: the year differs"),
        ("item,title,year\na,A,soon\n", "line 2, field 'year': found 'soon', expected a year"),
        ("item,title,kind\na,A,opera\n", "field 'kind': found 'opera', expected film, series or"),
        ("item,title,run_minutes\na,A,0\n", "field 'run_minutes': found '0', expected a whole"),
        ("item,title,available_until\na,A,never\n", "field 'available_until': found 'never'"),
        (f"item,title\n{'a' * 300},A\n", "line 2, field 'item': .*256"),
        (f"item,title,year\na,A,{'9' * 99}\n", "found '9{60}…', expected"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        _load(tmp_path, text)
    assert refusal.value.hint


def test_a_catalogue_may_be_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow: pip install 'edgeagent[parquet]'")
    from pyarrow import parquet  # noqa: PLC0415  (skipped without it)

    rows = {
        "item": [1, 2],
        "title": ["A", "B"],
        "genres": [["War", "Drama"], None],
        "year": [1999.0, float("nan")],
    }
    parquet.write_table(pa.table(rows), tmp_path / "titles")
    first, second = load_catalogue(tmp_path / "titles").titles
    assert (first.entity_id, first.genres, first.year) == ("1", ("War", "Drama"), 1999)
    assert (second.genres, second.year) == ((), None)
    parquet.write_table(pa.table({"item": [{"a": 1}], "title": ["A"]}), tmp_path / "odd")
    with pytest.raises(InputError, match=r"row 1, field 'item': found \{'a': 1\}, expected text"):
        load_catalogue(tmp_path / "odd")
