"""One command makes all quality tables: it says what is left, and goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from model_export.log import WatchLog
from model_export.synthetic import synthetic_panel
from tests.bench import bench_quality
from tests.bench.rankers import PUBLISHED
from tests.root.popularity_ranker import Popularity

_LOG = "A log"
_STARS = "A log, ratings of 4 stars and more"


@dataclass(kw_only=True)
class Bench:
    """The command, on a directory in the form of MovieLens, and what it wrote."""

    directory: Path
    ratings: Path
    ask: Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]] = field(
        default_factory=Popularity
    )

    def __call__(self, *arguments: str) -> int:
        where = {"out": "tables.json", "rows": "rows", "kept": "kept"}
        places = [f"--{name}={self.directory / place}" for name, place in where.items()]
        log = (f"--ratings={self.ratings}", f"--name={_LOG}", "--households=0", "--dimension=8")
        return bench_quality.main([*log, *places, *arguments], ask=self.ask)

    @property
    def rows(self) -> dict[tuple[str, str], list[str]]:
        tables = json.loads((self.directory / "tables.json").read_text("utf-8"))
        return {
            (table["log"], table["protocol"]): [row["model"] for row in table["rows"]]
            for table in tables
        }


def _written(log: WatchLog, directory: Path) -> Path:
    directory.mkdir()
    films = [f"{item},Film {item} (2000),Drama" for item in range(len(log.titles))]
    viewings = zip(log.users, log.items, log.watched_on, strict=True)
    ratings = [f"{user},{item},{3 + item % 3},{at}" for user, item, at in viewings]
    for name, head, lines in (
        ("movies", "movieId,title,genres", films),
        ("ratings", "userId,movieId,rating,timestamp", ratings),
    ):
        (directory / f"{name}.csv").write_text("\n".join([head, *lines, ""]), "utf-8")
    return directory


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    log = synthetic_panel(3, households=30, weeks=20, titles=60)
    return Bench(directory=tmp_path, ratings=_written(log, tmp_path / "ml"))


_FEW = ("--protocols=strong,last", "--models=popularity,implicit bm25,rectools ease")


def test_rows_of_both_logs_and_of_published_rankers(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(*_FEW, "--left") == 0
    said = capsys.readouterr().err
    assert said.startswith("8 rows are left; nobody has timed 8 of them\n")
    assert f"  {_LOG}, last, implicit bm25: not known\n" in said
    assert not (bench.directory / "tables.json").exists()

    assert bench(*_FEW) == 0
    own = ["ease", "popularity", "implicit bm25", "rectools ease"]
    published = ["ease", "implicit bm25", "rectools ease"]
    assert bench.rows == {(_LOG, "strong"): own, (_LOG, "last"): own, (_STARS, "strong"): published}
    shown = capsys.readouterr()
    assert shown.out.count("\n\n**") == 2
    done = [line for line in shown.err.splitlines() if line.startswith("done: ")]
    assert done[0].startswith(f"done: {_LOG}, strong, popularity. 7 rows are left")
    assert done[-1] == f"done: {_STARS}, strong, rectools ease. No row is left"

    assert bench(*_FEW) == 0
    assert "done: " not in capsys.readouterr().err


def test_it_goes_on_where_it_was_stopped(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    answers = Popularity()

    def stopped(question: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        if question["model"] == "ease":
            raise KeyboardInterrupt
        return answers(question)

    bench.ask = stopped
    assert bench(*_FEW) == 130
    assert "goes on from here" in capsys.readouterr().err
    assert bench.rows == {
        (_LOG, "strong"): ["ease", "popularity", "implicit bm25"],
        (_LOG, "last"): ["ease", "popularity"],
    }
    asked = len(answers.asked)
    bench.ask = answers
    assert bench(*_FEW) == 0
    assert capsys.readouterr().err.startswith("5 rows are left, less than a minute on one core")
    grids = {name: len(PUBLISHED[name].grid) + 1 for name in ("implicit bm25", "rectools ease")}
    again = len(answers.asked) - asked
    assert again == 2 * grids["implicit bm25"] + 3 * grids["rectools ease"]


def test_rows_are_computed_again_when_asked(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ("--protocols=last", "--models=popularity,implicit bm25")
    assert bench(*few) == 0
    before = bench.rows
    asked = list(bench.ask.asked)  # type: ignore[attr-defined]
    capsys.readouterr()
    assert bench(*few, "--again") == 0
    assert bench.rows == before
    assert capsys.readouterr().err.count("done: ") == 2
    assert len(bench.ask.asked) == 2 * len(asked)  # type: ignore[attr-defined]


def test_how_long_a_row_takes_is_told_by_the_nearest_that_was_made(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    def made(log: str, protocol: str, **seconds: float) -> dict[str, Any]:
        rows = [{"model": model, "seconds": took} for model, took in seconds.items()]
        return {"log": log, "seed": 1, "trainings": 1, "protocol": protocol, "rows": rows}

    held = [
        made("Another log", "last", ease=6000, popularity=600, itemknn=300),
        made(_LOG, "global", ease=1200, popularity=120),
        made(_LOG, "last", ease=60),
    ]
    (bench.directory / "tables.json").write_text(json.dumps(held), "utf-8")
    assert bench("--protocols=last", "--models=ease,popularity,itemknn,foldin-8", "--left") == 0
    first, *rows = capsys.readouterr().err.splitlines()
    assert first.startswith("4 rows are left, about 8 minutes on one core as such rows took")
    assert first.endswith("; nobody has timed 1 of them")
    assert rows == [
        f"  {_LOG}, last, foldin-8: not known",
        f"  {_LOG}, last, ease: about 1 minute",
        f"  {_LOG}, last, itemknn: about 5 minutes",
        f"  {_LOG}, last, popularity: about 2 minutes",
    ]


def test_tables_of_other_logs_stay_and_the_harness_gets_figures(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = {"seed": 0, "trainings": 1, "protocol": "last"}
    other = {"log": "Another log", **kind, "rows": []}
    (bench.directory / "tables.json").write_text(json.dumps([other]), "utf-8")
    assert bench("--protocols=last", "--models=popularity,ease", "--json") == 0
    assert list(bench.rows) == [("Another log", "last"), (_LOG, "last")]
    figures = json.loads(capsys.readouterr().out)
    assert list(figures["log"]["last"]) == ["ease", "popularity"]
    assert 0 < figures["log"]["last"]["popularity"] < 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [("--protocols=first", "no protocol 'first'"), ("--models=foldin-9", "no row 'foldin-9'")],
)
def test_what_there_is_not_is_refused_with_what_there_is(
    bench: Bench, asked: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(asked) == 2
    message = capsys.readouterr().err
    assert said in message
    assert "choose from" in message


@pytest.mark.deep
def test_the_panel_alone_has_all_rows_of_this_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.bench.quality_logs.torch_is_there", lambda: False)
    out = tmp_path / "quality.json"
    arguments = [
        *("--households=40", "--dimension=8", "--protocols=last"),
        *(f"--rows={tmp_path / 'rows'}", f"--out={out}"),
    ]
    assert bench_quality.main([*arguments, "--left"]) == 0
    _, *left = capsys.readouterr().err.splitlines()
    assert [line.removesuffix(": not known").rpartition(", ")[2] for line in left] == [
        "foldin-8", "linear-8", "ease", "ease+recency", "itemknn", "popularity+recency",
        "popularity",
    ]  # fmt: skip
    assert bench_quality.main([*arguments, "--models=foldin-8"]) == 0
    (table,) = json.loads(out.read_text("utf-8"))
    assert [row["model"] for row in table["rows"]] == ["foldin-8", "ease"]
    assert "everybody's last viewing left out" in capsys.readouterr().out
