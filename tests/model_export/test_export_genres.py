"""Words that nobody knows: listed, said when training, and mapped by the operator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from model_export.cli import main

WORDS = ("Comedy", "Western", "Zzyzx", "Plugh")


def _run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold 40 titles of four genres, two of them unknown; each person watches one genre."""
    place = tmp_path_factory.mktemp("genres")
    titles = "".join(f"t{n},Title {n},{WORDS[n % 4]}\n" for n in range(40))
    (place / "titles.csv").write_text(f"item,title,genres\n{titles}")
    rows = "".join(
        f"u{user},t{4 * ((user * (seen + 1)) % 10) + user % 4},{1_700_000_000 + seen * 200_000}\n"
        for user in range(80)
        for seen in range(6)
    )
    (place / "log.csv").write_text(f"user,item,timestamp\n{rows}")
    (place / "mapping.csv").write_text("word,genre,topics\nzzyzx,comedy,\nPlugh,,politics\n")
    return place


def _train(place: Path, *more: str | Path) -> str:
    code, out = _run(
        "train", "--ratings", place / "log.csv", "--catalogue", place / "titles.csv",
        "--head", "foldin", "--segments", "8", "--dimension", "16", "--out", place / "model.npz",
        *more,
    )  # fmt: skip
    assert code == 0, out
    return out


def test_what_is_not_known_is_listed_with_counts_and_examples(place: Path) -> None:
    code, out = _run("genres", "--catalogue", place / "titles.csv")
    assert code == 0
    assert out.splitlines() == [
        "     10  Zzyzx  (such as Title 2; Title 6; Title 10)",
        "     10  Plugh  (such as Title 3; Title 7; Title 11)",
    ]
    _, answer = _run("genres", "--catalogue", place / "titles.csv", "--json")
    unknown = json.loads(answer)["unknown"]
    assert [(each["word"], each["count"]) for each in unknown] == [("Zzyzx", 10), ("Plugh", 10)]


def test_nothing_is_left_to_map_once_all_is_mapped(place: Path) -> None:
    mapped = ("--genres", place / "mapping.csv")
    code, out = _run("genres", "--catalogue", place / "titles.csv", *mapped)
    assert (code, out) == (0, "all genre words of 40 titles are known\n")


def test_titles_have_to_be_named() -> None:
    code, out = _run("genres")
    assert code == 3
    assert "--catalogue" in out


def test_training_says_what_stays_and_what_to_do_until_words_are_mapped(place: Path) -> None:
    out = _train(place)
    assert "segments stay on the device because titles of unknown topic carry 10%" in out
    assert "'model-export genres'" in out
    assert "100% of unknown topic" in out
    out = _train(place, "--genres", place / "mapping.csv")
    assert "unknown topic" not in out
    answer = json.loads(_train(place, "--genres", place / "mapping.csv", "--json"))
    segments = answer["segments"]
    assert {segment["unknown_share"] for segment in segments} == {0.0}
    assert {segment["sensitive"] for segment in segments} == {True, False}


def test_movielens_genres_are_known(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text(
        "movieId,title,genres\n1,A (1999),Action|Sci-Fi\n2,B (2000),(no genres listed)\n"
    )
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4,978300760\n")
    code, out = _run("genres", "--ratings", tmp_path)
    assert code == 0
    assert out.splitlines() == ["      1  (no genre)  (such as B)"]
