"""``model-export check`` says what training would understand, and loses nothing in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from model_export.cli import main
from model_export.loaders import load_catalogue

GUIDE = """<?xml version="1.0" encoding="UTF-8"?>
<tv>
  <programme start="20260105200000 +0000" channel="a">
    <title lang="de">Tide</title><sub-title>Ebb</sub-title><date>2016</date>
    <episode-num system="onscreen">S01E02</episode-num>
    <credits><actor>Ann Bo</actor></credits>
    <rating system="FSK"><value>16</value></rating>
    <star-rating><value>4/5</value></star-rating>
  </programme>
  <programme start="20260105210000 +0000" channel="a">
    <title>Low Water</title><category>movie</category><date>1999</date>
    <rating system="??"><value>wobbly</value></rating>
  </programme>
  <programme start="20260105220000 +0000" channel="a"><title> </title></programme>
</tv>
"""
TABLE = "item,title,year\nA-1,Low Tide,1999\na 1,Low Tide,1999\nb,Ebb,2001\n"
LOG = "user,item,timestamp\nann,A-1,1700000000\nann,A-1,1700000000\nbo,zz,1700000001\n"


def check(*words: str | Path) -> str:
    result = CliRunner().invoke(main, ["check", *map(str, words)])
    assert result.exit_code == 0, result.output
    return result.output


def checked(*words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(check(*words, "--json"))
    return found


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    (tmp_path / "guide.xml").write_text(GUIDE, "utf-8")
    return tmp_path / "guide.xml"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "titles.csv").write_text(TABLE, "utf-8")
    return tmp_path / "titles.csv"


def test_each_title_is_printed_as_it_was_read(guide: Path) -> None:
    found = checked("--catalogue", guide)
    episode, film = found["titles"]
    assert episode == {
        "item": "Tide S01E02",
        "kind": "episode",
        "title": "Tide: Ebb",
        "series": "Tide",
        "series_id": "tide",
        "season": 1,
        "episode": 2,
        "year": 2016,
        "age_rating": 16,
        "run_minutes": None,
        "genres": [],
        "people": ["Ann Bo"],
        "keywords": [],
        "franchise": None,
        "available_until": None,
        "entitlements": [],
        "description": None,
    }
    assert film["age_rating"] == "unknown"
    assert [title["item"] for title in found["titles"]] == [
        title.entity_id for title in load_catalogue(guide).titles
    ]


def test_what_was_not_taken_is_counted_with_its_first_places(guide: Path) -> None:
    found = checked("--catalogue", guide)
    assert found["left_out"] == [
        {
            "reason": "nothing in field 'title'",
            "count": 1,
            "first": [f"{guide}, line 14, programme 3"],
        }
    ]
    assert {each["reason"]: each["count"] for each in found["ignored"]}[
        "element <star-rating>"
    ] == 1
    assert found["ages"] == {"16": 1, "unknown": 1}
    assert (found["kinds"], found["series"]) == ({"episode": 1, "film": 1}, 1)
    assert found["languages"] == {"de": 1}
    assert found["viewings"] is None


def test_ids_that_look_alike_and_films_under_two_ids_are_named(table: Path) -> None:
    found = checked("--catalogue", table)
    assert found["look_alikes"] == [["A-1", "a 1"]]
    assert found["same_titles"] == [["A-1", "a 1"]]


@pytest.mark.parametrize(
    ("more", "same"),
    [
        ("", [["Das Boot", "The Boat"]]),
        ("<date>1981</date>", [["Das Boot (1981)", "The Boat (1981)"]]),
        ("<sub-title>Ebb</sub-title>", [["Das Boot: Ebb", "The Boat: Ebb"]]),
        ("<episode-num>S01E02</episode-num>", [["Das Boot S01E02", "The Boat S01E02"]]),
        ("<episode-num>S01E0{n}</episode-num>", []),
        ("<date>198{n}</date>", []),
        ("<sub-title>Ebb {n}</sub-title>", []),
    ],
)
def test_one_title_in_two_orders_of_languages_is_named(
    tmp_path: Path, more: str, same: list[list[str]]
) -> None:
    names = ['<title lang="de">Das Boot</title>', '<title lang="en">The Boat</title>']
    programmes = "".join(
        f"<programme>{''.join(names[::order])}{more.format(n=n)}</programme>"
        for n, order in enumerate((1, -1))
    )
    (tmp_path / "guide.xml").write_text(f"<tv>{programmes}</tv>", "utf-8")
    assert checked("--catalogue", tmp_path / "guide.xml")["same_titles"] == same


def test_viewings_are_read_as_training_reads_them(table: Path, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG, "utf-8")
    found = checked("--catalogue", table, "--ratings", tmp_path / "log.csv")["viewings"]
    assert found == {
        "read": 3,
        "counted": 1,
        "people": 1,
        "watched_titles": 1,
        "unknown_items": [
            {
                "reason": "not in the catalogue",
                "count": 1,
                "first": [f"{tmp_path / 'log.csv'}, line 4: zz"],
            }
        ],
        "ignored": [],
        "remarks": [
            "all viewings are of one person: 'user' has to say whose each viewing is",
            "all viewings are of one title: 'item' has to say what was watched",
            "all viewings are of one second: 'timestamp' has to say when each was watched",
            (
                "1 viewings: 'train' needs 8 different sessions at least, and some hundred people "
                "to be of use"
            ),
        ],
    }


def test_people_are_told_the_same(guide: Path, table: Path, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG, "utf-8")
    said = check("--catalogue", guide)
    assert "entries    3: 0 are another mention of a title, 1 left out" in said
    assert "titles     2: episode 1, film 1" in said
    assert "titles of unknown age are not shown to children and teens" in said
    assert "left out: 1 × nothing in field 'title'" in said
    said = check("--catalogue", table, "--ratings", tmp_path / "log.csv")
    assert "ids that look alike: 1\n           'A-1', 'a 1'" in said
    assert "viewings   3 read, 1 counted, of 1 people and 1 titles" in said
    assert "           all viewings are of one person" in said
    assert "'train' refuses them unless given --skip-unknown" in said


def test_a_catalogue_that_cannot_be_read_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["check", "--catalogue", str(tmp_path / "none.csv")])
    assert result.exit_code == 3
    assert "none.csv cannot be read" in result.output
    assert "try: " in result.output


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("genre", "column 'genre': is 'genres' meant?"),
        ("runtime", "column 'runtime'"),
        ("age", "column 'age': is 'age_rating' meant?"),
        ("colour", "column 'colour'"),
    ],
)
def test_a_column_that_nobody_reads_is_named(tmp_path: Path, column: str, said: str) -> None:
    (tmp_path / "titles.csv").write_text(f"item,title,{column}\na,Ebb,x\nb,Flood,y\n")
    (ignored,) = checked("--catalogue", tmp_path / "titles.csv")["ignored"]
    assert ignored["reason"] == said
    assert (ignored["count"], len(ignored["first"])) == (2, 1)


@pytest.mark.parametrize("command", ["check", "train"])
def test_strict_refuses_a_guide_with_an_entry_that_is_no_title(
    guide: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "log.csv").write_text(LOG, "utf-8")
    words = [command, "--catalogue", guide, "--ratings", tmp_path / "log.csv", "--strict"]
    if command == "train":
        words += ["--out", tmp_path / "model.npz"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 3
    assert f"{guide}, line 14, programme 3" in result.output


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("ann,a{n},{day}", "all viewings are of one person"),
        ("u{n},a1,{day}", "all viewings are of one title"),
        ("u{n},a{n},1700000000", "all viewings are of one second"),
        ("u{n},a{n},{second}", "all viewings lie within 11 seconds: is 'timestamp' when"),
    ],
)
def test_a_log_without_variety_gets_a_hint_in_training_too(
    tmp_path: Path, rows: str, says: str
) -> None:
    titles = "".join(f"a{n},T{n}\n" for n in range(12))
    (tmp_path / "titles.csv").write_text(f"item,title\na,A\n{titles}")
    start = 1_700_000_000
    viewings = (
        rows.format(n=n, day=start + n * 86_400, second=start + n) + "\n" for n in range(12)
    )
    log = "".join(viewings)
    (tmp_path / "log.csv").write_text(f"user,item,timestamp\n{log}")
    words = ("--catalogue", tmp_path / "titles.csv", "--ratings", tmp_path / "log.csv")
    assert says in check(*words)
    out = tmp_path / "model.npz"
    result = CliRunner().invoke(main, [str(word) for word in ("train", *words, "--out", out)])
    assert result.exit_code == 3
    assert says in result.output.partition("try: ")[2]
    assert "give a larger log" in result.output


def test_how_a_log_without_header_was_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "titles.csv").write_text("item,title\nml:7,Heat\n")
    (tmp_path / "movies.csv").write_text("7,Heat (1995),Crime\n")
    (tmp_path / "ratings.csv").write_text("4,7,3.0,1700000000\n5,7,3.0,1700900000\n")
    words = ("--catalogue", tmp_path / "titles.csv", "--ratings", tmp_path)
    first, *_ = checked(*words)["viewings"]["remarks"]
    assert first.endswith("movies.csv has no header: its columns were read as item, title, genres")
    command = ["train", "--ratings", str(tmp_path), "--out", str(tmp_path / "model.npz")]
    result = CliRunner().invoke(main, command)
    assert "note: " in result.output
    assert "ratings.csv has no header: its columns were read as user, item, rating" in result.output


def test_words_that_the_mapping_lifts_are_named_by_check_and_train(tmp_path: Path) -> None:
    (tmp_path / "mapping.csv").write_text("word,genre,topics\nKrieg,action,\nKirche,arts,\n")
    titles = "".join(f"{n},T{n},Krieg\n" for n in range(30))
    (tmp_path / "titles.csv").write_text(f"item,title,genres\n{titles}")
    words = ("--catalogue", tmp_path / "titles.csv", "--genres", tmp_path / "mapping.csv")
    assert checked(*words)["lifted_words"] == [{"word": "krieg", "topics": ["violence"]}]
    said = "'krieg' is known to tell of violence, and mapped to what does not"
    assert said in check(*words)
    log = "".join(f"u{n % 50},{n * 7 % 30},{1_700_000_000 + n * 40_000}\n" for n in range(400))
    (tmp_path / "log.csv").write_text(f"user,item,timestamp\n{log}")
    command = ["train", *words, "--ratings", tmp_path / "log.csv", "--head", "foldin"]
    command += ["--segments", "8", "--dimension", "8", "--out", tmp_path / "model.npz"]
    result = CliRunner().invoke(main, [str(word) for word in command])
    assert result.exit_code == 0, result.output
    assert said in result.output


def test_training_says_how_many_entries_were_left_out(guide: Path, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("user,item,timestamp\nann,Tide S01E02,1700000000\n")
    words = ["train", "--catalogue", guide, "--ratings", tmp_path / "log.csv"]
    out = tmp_path / "model.npz"
    result = CliRunner().invoke(main, [str(word) for word in (*words, "--out", out)])
    assert "note: 1 entries of the catalogue were left out: 'check' says which" in result.output


def test_a_column_of_the_log_that_nobody_reads_is_named(table: Path, tmp_path: Path) -> None:
    log = "user,item,timestamp,rating,watched_progress\nann,b,1700000000,4,0.5\n"
    (tmp_path / "log.csv").write_text(log)
    words = ("--catalogue", table, "--ratings", tmp_path / "log.csv")
    ignored = checked(*words)["viewings"]["ignored"]
    assert {each["reason"]: each["count"] for each in ignored} == {
        "column 'rating'": 1,
        "column 'watched_progress': is 'progress' meant?": 1,
    }
    assert "not read: 1 × column 'rating'" in check(*words)


def test_a_movielens_directory_is_its_own_catalogue(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n7,Heat (1995),Crime\n")
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n4,7,3.0,1700000000\n")
    found = checked("--catalogue", tmp_path, "--ratings", tmp_path)
    assert [title["item"] for title in found["titles"]] == ["ml:7"]
    assert found["viewings"]["counted"] == 1
    assert found["viewings"]["ignored"] == []
    beside = checked("--catalogue", tmp_path / "movies.csv", "--ratings", tmp_path)
    assert "no title of the catalogue is one of MovieLens" in beside["viewings"]["remarks"][0]
    assert not any("MovieLens" in remark for remark in found["viewings"]["remarks"])


def test_a_directory_without_a_catalogue_is_told_what_it_must_hold(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["check", "--catalogue", str(tmp_path)])
    assert result.exit_code == 3
    assert "it must hold ratings.csv and movies.csv" in result.output
