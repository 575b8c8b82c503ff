"""The main job itself, on a few people: what it prints, writes, refuses, and leaves behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from edgeagent.cli.root import cli
from edgeagent.errors import PromiseBroken
from edgeagent.simulator import simulation as module
from edgeagent.simulator.plan import Options
from edgeagent.simulator.simulation import Simulation, simulate
from edgeagent.simulator.summary import broken_promises, headline, raise_if_broken, summarize
from model_export import choosing
from model_export.heads import fit as heads
from model_export.heads.model_file import load_model

pytestmark = pytest.mark.deep

PEOPLE, TITLES, RATINGS, TASTES = 40, 120, 45, 4


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small directory in MovieLens form: four tastes, and a little chance."""
    directory = tmp_path_factory.mktemp("ratings")
    genres = ("Comedy", "Horror", "Drama", "Sci-Fi")
    movies = [f"{n},Film {n} ({1960 + n % 50}),{genres[n % TASTES]}" for n in range(TITLES)]
    (directory / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(movies) + "\n")
    rows = []
    for person in range(PEOPLE):
        dice = np.random.default_rng(person)
        weights = np.where(np.arange(TITLES) % TASTES == person % TASTES, 8.0, 1.0)
        chosen = dice.choice(TITLES, size=RATINGS, replace=False, p=weights / weights.sum())
        times = np.sort(dice.integers(1_000_000_000, 1_040_000_000, size=RATINGS))
        rows += [f"{person},{m},4.0,{t}" for m, t in zip(chosen, times, strict=True)]
    text = "userId,movieId,rating,timestamp\n" + "\n".join(rows) + "\n"
    (directory / "ratings.csv").write_text(text)
    return directory


class Silent:
    """Progress that nobody watches."""

    def say(self, words: str) -> None:
        pass

    def stage(self, what: str, total: int | None = None) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass

    def reach(self, what: str, done: float) -> None:
        pass


@pytest.fixture(scope="module")
def simulation(ratings: Path, tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    options = Options(
        households=None,
        weeks=26,
        fleet=3000,
        ratings=ratings,
        seed=3,
        out=tmp_path_factory.mktemp("out"),
        keep=False,
    )
    return simulate(options, Silent())


def test_every_box_lives_reports_once_and_gets_picks(simulation: Simulation) -> None:
    assert broken_promises(simulation) == ()
    summary = summarize(simulation)
    assert summary["households"] == PEOPLE
    assert summary["events"] == PEOPLE * RATINGS
    assert summary["reports"] == {
        "due": PEOPLE,
        "sent": PEOPLE,
        "accepted": PEOPLE,
        "bytes_each": [512],
    }
    for outcome in simulation.outcomes:
        assert sum(outcome.category_shares) == 1
        assert len(outcome.picks.picks) == 10


def test_the_summary_has_the_documented_shape(simulation: Simulation) -> None:
    shape: dict[str, type | dict[str, type]] = {
        "households": int,
        "events": int,
        "model": {"version": str, "bytes": int, "catalogue_items": int, "catalogue_bytes": int},
        "recommend": {
            "protocol": str,
            "users": int,
            "ndcg_at_10": float,
            "ndcg_at_10_se": float,
            "popularity_ndcg_at_10": float,
            "ndcg_gain_se": float,
            "hit_rate_at_10": float,
        },
        "reports": {"due": int, "sent": int, "accepted": int, "bytes_each": list},
        "fleet": {
            "devices": int,
            "reports": int,
            "rmse": float,
            "expected_rmse": float,
            "interval_coverage": float,
            "mean_half_width": float,
            "boxes": dict,
            "largest_shift_by_opting_out": float,
            "poisoning": type(None),
            "cost": dict,
            "note": type(None),
        },
        "seconds": dict,
        "chapters": dict,
    }
    summary = json.loads(json.dumps(summarize(simulation)))
    assert summary.keys() == shape.keys()
    for name, inner in shape.items():
        if isinstance(inner, dict):
            assert summary[name].keys() == inner.keys()
            for key, kind in inner.items():
                assert isinstance(summary[name][key], kind), (name, key)
        else:
            assert isinstance(summary[name], inner), name
    assert all(name and value for name, value in headline(simulation))


def test_a_broken_promise_is_named_and_ends_with_its_exit_code(simulation: Simulation) -> None:
    first, *others = simulation.outcomes
    cases = {
        "no picks": replace(first, picks=msgspec.structs.replace(first.picks, picks=())),
        "not accepted": replace(first, refused=("refused: status 400",)),
        "lengths": replace(first, body_lengths=(511,)),
        "on the server": replace(first, accepted=0),
    }
    for words, outcome in cases.items():
        broken = replace(simulation, outcomes=(outcome, *others))
        assert any(words in line for line in broken_promises(broken)), words
        with pytest.raises(PromiseBroken, match=words) as raised:
            raise_if_broken(broken)
        assert raised.value.exit_code == 9


def test_too_few_covered_intervals_break_a_promise(simulation: Simulation) -> None:
    wrong = replace(simulation.fleet.estimate, intervals=((2.0, 3.0),) * 33)
    fleet = replace(simulation.fleet, estimate=wrong)
    assert any("cover" in line for line in broken_promises(replace(simulation, fleet=fleet)))


def test_the_same_seed_gives_the_same_reports_and_picks(
    simulation: Simulation, tmp_path: Path
) -> None:
    again = simulate(replace(simulation.options, out=tmp_path), Silent())
    assert again.fleet == simulation.fleet
    for one, other in zip(simulation.outcomes, again.outcomes, strict=True):
        assert one.picks == other.picks
        assert [d.body for d in one.disclosures] == [d.body for d in other.disclosures]


def test_the_command_prints_json_and_writes_a_page_that_needs_no_network(
    ratings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["simulate", "--ratings", str(ratings), "--households", "6", "--weeks", "26"]
    arguments += ["--fleet", "500", "--out", str(tmp_path), "--keep", "--head", "auto"]
    arguments += ["--poison", "0.2", "--attack", "random"]
    monkeypatch.setattr(choosing, "torch_is_there", lambda: False)  # then auto needs no minutes
    result = CliRunner().invoke(cli, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["households"] == 6
    assert summary["fleet"]["poisoning"]["attack"] == "random"
    assert summary["fleet"]["boxes"]["poisoned"] > 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "re-timed" in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)
    assert "@import" not in page
    assert (tmp_path / "state" / "homes" / "00000" / "history.db").exists()
    assert load_model(tmp_path / "state" / "model.npz").head in {"foldin", "linear"}
    assert (tmp_path / "state" / ".gitignore").read_text() == "*\n"
    assert not (tmp_path / ".gitignore").exists()  # a directory that was there stays as it is
    assert "on this machine\n" in result.stderr
    assert "Reading ratings: done in " in result.stderr
    again = CliRunner().invoke(cli, arguments)
    assert again.exit_code == 3
    assert "earlier run" in again.stderr


def test_a_head_that_cannot_be_trained_here_is_said_with_the_way_out(
    ratings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "torch_is_there", lambda: False)
    arguments = ["simulate", "--ratings", str(ratings), "--head", "timescales"]
    result = CliRunner().invoke(cli, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 3
    assert "PyTorch, which is not installed" in result.stderr
    assert "pip install 'edgeagent[train]'; or choose --head foldin" in result.stderr
    assert not list(tmp_path.rglob("*.db"))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_no_process_and_no_files(
    ratings: Path, tmp_path: Path, how: signal.Signals
) -> None:
    arguments = ["simulate", "--ratings", str(ratings), "--fleet", "100000", "--out", str(tmp_path)]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "TERM": "dumb"}
    with subprocess.Popen(
        [sys.executable, "-m", "edgeagent", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        work = _wait_for_homes(process, tmp_path)
        os.kill(process.pid, how)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, complaint
    assert b"Traceback" not in complaint
    assert not work.exists()
    assert not _commands_naming(str(work))


def _wait_for_homes(process: subprocess.Popen[bytes], directory: Path) -> Path:
    """Return the workspace as soon as boxes live in it."""
    while process.poll() is None:
        for work in directory.glob("edgeagent-simulate-*"):
            if list(work.glob("homes/*")):
                return work
    message = f"it ended by itself: {process.returncode}"
    raise AssertionError(message)


def _commands_naming(text: str) -> list[str]:
    """Return the command lines of all processes that hold ``text``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if text in command:
            found.append(command)
    return found


def test_a_run_lives_in_memory_where_there_is_room_and_nobody_names_another_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(module, "_SHARED_MEMORY", tmp_path)
    monkeypatch.setattr(module, "_ROOM_BYTES", 1)
    assert module._memory() == tmp_path
    monkeypatch.setattr(module, "_ROOM_BYTES", 1 << 60)
    assert module._memory() is None
    monkeypatch.setattr(module, "_ROOM_BYTES", 1)
    monkeypatch.setenv("TMPDIR", "/somewhere")
    assert module._memory() is None
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(module, "_SHARED_MEMORY", tmp_path / "none")
    assert module._memory() is None
