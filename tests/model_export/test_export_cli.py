"""``model-export`` as somebody at a terminal meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from edgeagent.command_group import CommandGroup
from model_export.cli import main
from model_export.model_file import load_model, save_model

FOLDIN = ["--head", "foldin", "--segments", "16", "--dimension", "8"]
SMALL = ["--households", "60", "--seed", "4"]


def _run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "model.npz"
    code, out, _ = _run(
        "train", "--head", "foldin", *SMALL, "--segments", "16", "--dimension", "8", "--out", path
    )
    assert code == 0
    assert "id  sessions  segment" in out
    assert "NDCG@10" in out
    return path


@pytest.mark.parametrize("command", ["train", "evaluate", "publish", "inspect"])
def test_every_command_explains_itself(command: str) -> None:
    code, out, _ = _run(command, "--help")
    assert code == 0
    assert "--json" in out


def test_training_in_json_and_from_a_previous_model(model_file: Path, tmp_path: Path) -> None:
    code, out, err = _run(
        *("train", *SMALL, *FOLDIN, "--json"),
        *("--previous", model_file, "--out", tmp_path / "next.npz"),
    )
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer["out"] == str(tmp_path / "next.npz")
    assert len(answer["segments"]) == 16
    assert sum(segment["session_share"] for segment in answer["segments"]) == pytest.approx(1.0)
    assert answer["validation_ndcg_at_10"][0] > 0


def test_a_model_is_published_inspected_and_published_again(
    model_file: Path, tmp_path: Path
) -> None:
    repository, keys = tmp_path / "repository", tmp_path / "keys"
    place = ("publish", model_file, "--repository", repository, "--keys", keys)
    code, out, _ = _run(*place)
    assert code == 0
    assert "task subset_selection.17.3-1.0" in out
    assert str(repository / "root.json") in out
    assert json.loads(_run(*place, "--json")[1])["task"] == "subset_selection.17.3-1.1"
    assert json.loads(_run(*place, "--keep-task", "--json")[1])["task"] == (
        "subset_selection.17.3-1.1"
    )
    facts = json.loads(_run("inspect", repository, "--json")[1])
    assert facts["roles"]["timestamp"]["version"] == 3
    code, out, _ = _run("inspect", repository)
    assert code == 0
    assert "models/manifest.json" in out


def test_a_model_file_is_inspected(model_file: Path) -> None:
    code, out, _ = _run("inspect", model_file)
    assert code == 0
    facts = json.loads(_run("inspect", model_file, "--json")[1])
    assert facts["space_id"] in out
    assert all(segment["name"] in out for segment in facts["segments"])


def test_evaluation_compares_with_popularity() -> None:
    sizes = ("--segments", "16", "--dimension", "8", "--models", "foldin-8,popularity")
    code, out, _ = _run("evaluate", *SMALL, *sizes)
    assert code == 0
    assert "NDCG@100" in out
    assert "gain: NDCG@100 over popularity" in out
    answer = json.loads(_run("evaluate", *SMALL, *sizes, "--json")[1])
    assert answer["protocol"] == "global"
    model, popular = answer["rows"]
    assert (model["model"], popular["model"]) == ("foldin-8", "popularity")
    gain = model["ndcg_at_100"] - popular["ndcg_at_100"]
    assert model["gain_ndcg_at_100"]["mean"] == pytest.approx(gain)


def test_ratings_are_read(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,A (2000),War\n")
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,3,978300760\n")
    code, _, err = _run("train", "--ratings", tmp_path, "--out", tmp_path / "m.npz")
    assert code == 3
    assert err.startswith("error: 1 different sessions cannot make 32 segments\n  try: ")
    assert not (tmp_path / "m.npz").exists()


def test_a_table_and_its_catalogue_are_read(tmp_path: Path) -> None:
    (tmp_path / "titles.csv").write_text("item,title\na,A\n")
    (tmp_path / "log.csv").write_text("user,item,timestamp\nu,a,978300760\nu,x,978300760\n")
    place = ("--ratings", tmp_path / "log.csv", "--catalogue", tmp_path / "titles.csv")
    code, _, err = _run("train", *place, "--out", tmp_path / "m.npz")
    assert code == 3
    assert "log.csv, line 3, field 'item': 'x' is not in the catalogue" in err
    assert "--skip-unknown" in err
    _, _, err = _run("train", *place, "--skip-unknown", "--out", tmp_path / "m.npz")
    assert err.startswith("error: 1 different sessions cannot make 32 segments")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("inspect", "absent"), 3, "error: absent cannot be read"),
        (("inspect", "."), 3, "error: . holds no repository"),
        (("train", "--ratings", "absent"), 3, "error: absent cannot be read"),
        (("train", "--catalogue", "a.csv"), 3, "error: --catalogue without viewings"),
        (("evaluate", "--ratings", "."), 3, "error: . is not a MovieLens directory"),
        (("publish", "absent", "--repository", "r", "--keys", "k"), 3, "error: absent cannot"),
        (("train", "--segments", "3"), 2, "Usage: "),
        (("nonsense",), 2, "Usage: "),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    arguments: tuple[str, ...],
    code: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found, out, err = _run(*arguments)
    assert (found, out) == (code, "")
    assert err.startswith(says)
    assert "Traceback" not in err
    assert not any(tmp_path.iterdir())


def test_an_interruption_is_no_traceback() -> None:
    group = CommandGroup("door")

    @group.command("wait")
    def wait() -> None:
        raise KeyboardInterrupt

    result = CliRunner().invoke(group, ["wait"])
    assert result.exit_code == 130
    assert result.stderr == "interrupted; nothing is left half done\n"
    assert isinstance(group, click.Group)


def test_an_untuned_model_has_no_quality_to_show(model_file: Path, tmp_path: Path) -> None:
    save_model(replace(load_model(model_file), validation=None), tmp_path / "m.npz")
    code, out, _ = _run("inspect", tmp_path / "m.npz")
    assert code == 0
    assert "NDCG" not in out
    answer = json.loads(_run("inspect", tmp_path / "m.npz", "--json")[1])
    assert answer["validation_ndcg_at_10"] is None


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "model_export", "--help"], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("Usage: model-export")
