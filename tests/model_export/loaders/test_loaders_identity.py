"""What names an item: letter by letter, alike in both files, and never two titles under one id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from edgeagent.errors import InputError
from model_export.loaders import LoadedCatalogue, load_catalogue, load_log
from model_export.loaders.fields import Unreadable
from model_export.loaders.identity import LONGEST_ID, identity, made_identity


def _films(directory: Path, *films: Mapping[str, object], strict: bool = False) -> LoadedCatalogue:
    path = directory / "titles.json"
    path.write_text(json.dumps([{"@type": "Movie", **film} for film in films]), "utf-8")
    return load_catalogue(path, strict=strict)


@pytest.mark.parametrize(
    "item",
    [
        "a\u200cb",
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
        "c  d",
        "e\u00a0f",
        "null",
        "NaN",
        "\\N",
        "Caf\u00e9",
        "Cafe\u0301",
    ],
)
def test_an_id_written_alike_in_both_files_is_one(tmp_path: Path, item: str) -> None:
    (tmp_path / "titles.csv").write_text(f"item,title\n {item} ,Low Tide\n", "utf-8")
    (tmp_path / "log.csv").write_text(f"user,item,timestamp\nann,{item},1700000000\n", "utf-8")
    log = load_log(tmp_path / "log.csv", tmp_path / "titles.csv")
    assert [title.entity_id for title in log.titles] == [item]
    assert log.items.tolist() == [0]


@pytest.mark.parametrize(
    "second",
    [
        {"name": "High Water"},
        {"name": "Low Tide", "datePublished": "2011"},
        {"@type": "TVSeries", "name": "Low Tide"},
    ],
)
def test_two_titles_under_one_id_are_both_kept_and_counted_or_refused(
    tmp_path: Path, second: dict[str, object]
) -> None:
    first = {"@id": "u", "name": "Low Tide", "datePublished": "1999"}
    catalogue = _films(tmp_path, first, {"@id": "u"} | second)
    assert len(catalogue.titles) == 2
    assert [each.reason for each in catalogue.ignored] == [
        "an id that another title has, too: both are kept"
    ]
    with pytest.raises(InputError, match=r"item 'u' is .* here and 'Low Tide' in .*\$\[0\]"):
        _films(tmp_path, first, {"@id": "u"} | second, strict=True)


def test_two_rows_of_one_item_that_differ_are_an_error_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "titles.csv").write_text("item,title\na,Low Tide\nb,Ebb\na,High Water\n")
    with pytest.raises(InputError, match=r"line 4: item 'a' is 'High Water' here .*line 2"):
        load_catalogue(tmp_path / "titles.csv")


def test_ids_that_no_app_can_have_are_left_out_and_counted(tmp_path: Path) -> None:
    good = {"@id": "u", "name": "Low Tide"}
    odd = ({"@id": "x" * 257, "name": "A"}, {"@id": "x\ny", "name": "B"})
    catalogue = _films(tmp_path, good, *odd)
    assert [each.reason for each in catalogue.left_out] == [
        "field 'item' is not an id of at most 256 characters",
        "field 'item' is not an id without control characters",
    ]
    with pytest.raises(Unreadable):
        identity("x" * 257)


def test_a_long_name_makes_an_id_of_its_own() -> None:
    one, other = (made_identity("x" * 300 + end) for end in "ab")
    assert one != other
    assert max(len(one), len(other)) <= LONGEST_ID
    assert one == made_identity("x" * 300 + "a")
