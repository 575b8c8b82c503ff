"""The harness of the benches: medians, spread, comparison, page; each bench has its own peer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.bench import Bench, Ratio
from tests.bench.benches import BENCHES, SETS, bench_named, benches_named
from tests.bench.comparing import changes
from tests.bench.figures import Value, flat, say
from tests.bench.page import write_page
from tests.bench.result import HISTORY, Result, Spread, found_results
from tests.bench.running import BenchError, Run, run_bench, run_once
from tests.bench.series import Series

STORE = bench_named("store")
HERE = Path(__file__).parents[1] / "bench"


class Told:
    """Says figures in turn instead of running anything."""

    def __init__(self, *commits: float, held: bool = True) -> None:
        self._commits = iter(commits)
        self._held = held
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str]) -> Run:
        self.commands.append(command)
        figures: dict[str, Value] = {
            "last_500_ms": 2.0,
            "plain_last_500_ms": 1.0,
            "commit_ms": next(self._commits),
            "plain_commit_ms": 2.0,
            "open_ms": 12.0,
            "disk": "flash",
            "synced": True,
        }
        return figures, self._held


def result(*commits: float, held: bool = True) -> Result:
    return run_bench(STORE, runs=len(commits), one=Told(*commits, held=held))


def test_every_bench_is_in_the_table_and_has_a_peer() -> None:
    modules = {path.stem for path in HERE.glob("bench_*.py")}
    assert {bench.module.rpartition(".")[2] for bench in BENCHES} == modules
    assert all(bench.ratios for bench in BENCHES)
    assert all(bench.purpose.endswith(".") for bench in BENCHES)
    assert len({bench.name for bench in BENCHES}) == len(BENCHES)


def test_ratios_are_of_one_run_each_and_summed_up_by_their_median() -> None:
    told = Told(4.0, 8.0, 3.0)
    found = run_bench(STORE, runs=3, one=told)
    assert found.ratios["one durable commit"] == Spread(median=2.0, least=1.5, most=4.0)
    assert found.figures["commit_ms"] == Spread(median=4.0, least=3.0, most=8.0)
    assert found.texts == {"disk": "flash", "synced": True}
    assert told.commands == [["tests.bench.bench_store", "--json"]] * 3
    assert found.command == "python -m tests.bench.bench_store"
    assert {"processor", "processors", "python"} <= found.machine.keys()


def test_a_broken_limit_and_quick_arguments_are_kept_in_the_result() -> None:
    told = Told(4.0, held=False)
    found = run_bench(STORE, runs=1, quick=True, one=told)
    assert not found.held
    assert found.quick
    assert told.commands == [["tests.bench.bench_store", "--json", "--events", "1000"]]


def test_a_figure_that_a_ratio_needs_may_not_be_missing() -> None:
    ratio = Ratio(words="a", beside="b", figures=("no", "such"))
    bench = Bench(name="store", seconds=1, ratios=(ratio,))
    with pytest.raises(KeyError, match="no"):
        run_bench(bench, runs=1, one=Told(1.0))


def test_results_are_read_as_they_were_written_and_history_grows(tmp_path: Path) -> None:
    for commit in (4.0, 6.0):
        last = result(commit)
        last.write(tmp_path)
    assert found_results(tmp_path) == {"store": last} == found_results(tmp_path / "store.json")
    lines = (tmp_path / HISTORY).read_text("utf-8").splitlines()
    assert [json.loads(line)["figures"]["commit_ms"]["median"] for line in lines] == [4.0, 6.0]


@pytest.mark.parametrize("text", ["", "[]", '{"bench": "store"}', "null", '{"ratios": 1}'])
def test_what_is_no_result_is_named(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.json").write_text(text, "utf-8")
    assert main(["compare", str(tmp_path), str(tmp_path)]) == 2
    assert "other.json is not the result of a bench" in capsys.readouterr().err


def test_only_what_no_run_of_the_other_reached_is_apart() -> None:
    before, after = {"store": result(4.0, 5.0)}, {"store": result(4.5, 9.0)}
    (commit,) = (one for one in changes(before, after) if one.name == "commit_ms")
    assert not commit.apart
    assert commit.times == 1.5
    (commit,) = (
        one for one in changes(before, {"store": result(6.0, 9.0)}) if one.name == "commit_ms"
    )
    assert commit.apart


def test_different_work_is_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result(4.0).write(tmp_path / "all")
    run_bench(STORE, runs=1, quick=True, one=Told(4.0)).write(tmp_path / "quick")
    assert main(["compare", str(tmp_path / "all"), str(tmp_path / "quick")]) == 2
    assert "different work" in capsys.readouterr().err


def test_two_directories_are_compared_figure_by_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result(4.0).write(tmp_path / "before")
    result(6.0).write(tmp_path / "after")
    assert main(["compare", str(tmp_path / "before"), str(tmp_path / "after")]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^  commit_ms +4 +6 +1\.50$", said, re.MULTILINE)
    assert re.search(r"^  the last 500 .+\n? +2 +2 +1\.00  ~$", said, re.MULTILINE)
    assert "open_ms" not in said
    assert "4 more figures are so, too" in said
    assert "one run on a side does not tell change from chance: store\n" in said
    assert max(map(len, said.splitlines())) <= 80
    assert main(["compare", str(tmp_path / "before"), str(tmp_path / "after"), "--all"]) == 0
    assert "open_ms" in capsys.readouterr().out
    assert main(["compare", str(tmp_path / "before"), str(tmp_path / "after"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["times"] for row in rows}["one durable commit"] == 1.5


def test_the_page_shows_every_ratio_with_its_peer_command_and_machine(tmp_path: Path) -> None:
    result(4.0, 6.0, held=False).write(tmp_path)
    html = write_page(tmp_path).read_text("utf-8")
    for words in (
        "one durable commit",
        "plain SQLite",
        "2.5 (2–3) × plain SQLite",
        "python -m tests.bench.bench_store",
        "A limit that the bench sets was broken",
        '<th scope="row">opening the history</th><td>12 ms</td><td></td>',
        f", {result(1.0).machine['processors']} cores, ",
    ):
        assert words in html, words


def test_unknown_names_and_no_runs_say_what_there_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["stoer", "--out", str(tmp_path)]) == 2
    assert "there are short, pages, all, cold_start, dashboard" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["store", "--runs", "0"])
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.count("\n") == len(BENCHES)


class SlowClock:
    """Two minutes pass whenever it is looked at."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += 120
        return self._now


def test_a_series_says_how_long_it_takes_and_how_much_is_left(tmp_path: Path) -> None:
    said: list[str] = []
    two = [replace(STORE, seconds=60), replace(STORE, seconds=120)]
    told = Told(1.0, 2.0, 3.0, 4.0)
    series = Series(benches=two, runs=2, one=told, clock=SlowClock())
    assert series.forecast == "2 benches, about 6 minutes on two idle cores"
    assert len(list(series.results(tmp_path, say=said.append))) == 2
    assert said == [
        "1 of 2: store: run 1 of 2; about 6 minutes left",
        "1 of 2: store: run 2 of 2; about 6 minutes left",
        "2 of 2: store: run 1 of 2; about 8 minutes left",
        "2 of 2: store: run 2 of 2; about 8 minutes left",
    ]
    assert Series(benches=[STORE], quick=True).forecast == "1 bench, quick"


def test_what_has_ended_is_kept_when_a_series_is_interrupted(tmp_path: Path) -> None:
    def one(command: list[str]) -> Run:
        if len(list(tmp_path.glob("*.json"))) == 1:
            raise KeyboardInterrupt
        return Told(4.0)(command)

    series = Series(benches=[STORE, STORE], runs=1, one=one)
    with pytest.raises(KeyboardInterrupt):
        list(series.results(tmp_path, say=lambda _: None))
    assert found_results(tmp_path).keys() == {"store"}


def test_a_bench_that_fails_does_not_end_the_others(tmp_path: Path) -> None:
    def one(command: list[str]) -> Run:
        if command[0].endswith("sums"):
            message = "needs Java"
            raise BenchError(message)
        return Told(4.0)(command)

    series = Series(benches=[bench_named("sums"), STORE], runs=1, one=one)
    assert [result.bench for result in series.results(tmp_path, say=lambda _: None)] == ["store"]
    assert series.failures == ["sums: needs Java"]


def test_a_bench_does_not_take_the_one_before_it_for_other_work(tmp_path: Path) -> None:
    series = Series(benches=[STORE, STORE], runs=1, one=Told(1.0, 2.0))
    first, second = series.results(tmp_path, say=lambda _: None)
    assert first.machine is second.machine


def test_sets_and_names_give_each_bench_once() -> None:
    assert benches_named(["all", "store"]) == BENCHES
    assert set(SETS["short"]) < set(BENCHES)


def test_a_bench_that_says_nothing_is_named() -> None:
    with pytest.raises(BenchError, match="no_such_bench ended with 1 and no figures"):
        run_once(["tests.bench.no_such_bench"])


def test_figures_are_flattened_and_said_for_both_readers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = {"a": {"b": 1.5}, "rows": [{"n": 1}, {"n": 2}], "equal": True, "none": None}
    assert flat(figures) == {"a.b": 1.5, "rows.0.n": 1, "rows.1.n": 2, "equal": True, "none": None}
    say(figures, as_json=True)
    assert json.loads(capsys.readouterr().out) == figures
    say({"a": {"b": 1.5}}, as_json=False)
    assert capsys.readouterr().out.split() == ["a.b", "1.5"]
    with pytest.raises(TypeError, match=r"rows\.0"):
        flat({"rows": [object()]})
