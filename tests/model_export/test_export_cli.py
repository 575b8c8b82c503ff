"""``model-export`` as a user at a terminal meets it."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import onnx
import pytest
from click.testing import CliRunner

from edgeagent.clock import SystemClock, quarter_of, week_of
from edgeagent.command_group import CommandGroup
from edgeagent.errors import ModelError
from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import decode_catalogue, decode_manifest, decode_task, sha256_hex
from edgeagent.messages.artefacts import Artefacts
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.session import OnnxModel
from model_export.cli import main
from model_export.heads.model_file import load_model, save_model
from model_export.publishing.files import write_files
from server_stub.cli import main as server_stub
from tests.model_export.heads.timescales_cases import with_timescales

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


@pytest.mark.parametrize("command", ["train", "evaluate", "segments", "export", "inspect"])
def test_every_command_explains_itself(command: str) -> None:
    code, out, _ = _run(command, "--help")
    assert code == 0
    assert "--json" in out


@pytest.mark.deep
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
    assert answer["kept_fraction"] > 0.9
    assert answer["previous_head"] == answer["head"] == "foldin"
    code, out, _ = _run("segments", tmp_path / "next.npz")
    assert "of the sessions known before kept their segment" in out


@pytest.mark.deep
def test_a_head_that_is_another_than_before_is_said(model_file: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.npz"
    save_model(with_timescales(load_model(model_file)), before)
    arguments = ("--previous", before, "--out", tmp_path / "next.npz")
    said = "the head is another than before: foldin, it was timescales"
    assert said in _run("train", *SMALL, *FOLDIN, *arguments)[1]


def test_segments_are_shown_and_drawn(model_file: Path, tmp_path: Path) -> None:
    code, out, _ = _run("segments", model_file, "--map", tmp_path / "map.svg")
    assert code == 0
    assert "kept" not in out
    answer = json.loads(_run("segments", model_file, "--json", "--map", tmp_path / "b.svg")[1])
    assert len(answer["segments"]) == 16
    assert len({segment["name"] for segment in answer["segments"]}) == 16
    assert out.count("[stays on the device]") == sum(s["sensitive"] for s in answer["segments"])
    assert all(segment["iab"] and segment["titles"] for segment in answer["segments"])
    picture = (tmp_path / "map.svg").read_text("utf-8")
    assert picture == (tmp_path / "b.svg").read_text("utf-8")
    words = {word for segment in answer["segments"] for word in segment["name"].split()}
    assert all(html.escape(word, quote=False) in picture for word in words)
    assert _run("segments", model_file, "--map", tmp_path / "map.png")[0] == 0
    drawn = (tmp_path / "map.png").read_bytes()
    assert drawn.startswith(b"\x89PNG")
    assert drawn[25] == 3, "colours are from a palette, which keeps the file small"


def test_what_is_exported_passes_the_checker_and_the_box_takes_it(
    model_file: Path, tmp_path: Path
) -> None:
    code, out, _ = _run("export", model_file, "--out", tmp_path / "out")
    assert code == 0
    assert "onnx.checker" in out
    answer = json.loads(_run("export", model_file, "--out", tmp_path / "out", "--json")[1])
    data = {name: Path(each["path"]).read_bytes() for name, each in answer["files"].items()}
    assert {name: len(each) for name, each in data.items()} == {
        name: each["bytes"] for name, each in answer["files"].items()
    }
    onnx.checker.check_model(onnx.load_from_string(data["model.onnx"]), full_check=True)
    manifest = decode_manifest(data["manifest.json"])
    assert manifest.model.sha256 == sha256_hex(data["model.onnx"])
    assert decode_task(data["task.json"]).segmenter.space_id == manifest.space_id
    catalogue = CatalogueView.of(decode_catalogue(data["titles.catalogue"]))
    Engine(OnnxModel(data["model.onnx"]), catalogue).check_golden(data["golden.npz"])


def test_a_graph_that_is_none_is_not_written(artefacts: Artefacts, tmp_path: Path) -> None:
    graph = onnx.load_from_string(artefacts.model)
    graph.graph.node[0].op_type = "Nonsense"
    with pytest.raises(ModelError, match="does not pass"):
        write_files(replace(artefacts, model=graph.SerializeToString()), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_exported_is_signed_served_and_signed_again(
    model_file: Path, tmp_path: Path
) -> None:
    exported, repository = tmp_path / "exported", tmp_path / "repository"
    sign = ("repo", "publish", exported, "--repository", repository, "--keys", tmp_path / "keys")

    def signed(*more: str) -> dict[str, Any]:
        result = CliRunner().invoke(server_stub, [*map(str, sign), *more, "--json"])
        assert result.exit_code == 0, result.output
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    assert "server-stub repo publish" in _run("export", model_file, "--out", exported)[1]
    quarter = quarter_of(week_of(SystemClock().now()))
    assert signed("--no-passphrase")["task"] == f"subset_selection.17.3-1.{quarter}"
    assert signed("--keep-task")["task"] == f"subset_selection.17.3-1.{quarter}"
    counting = _run(
        "export", model_file, "--out", exported, "--mechanism", "discrete_laplace", "--json"
    )
    assert json.loads(counting[1])["task"] == f"discrete_laplace.17.3-1.{quarter}"
    facts = signed()
    assert facts["task"] == f"discrete_laplace.17.3-1.{quarter}"
    assert facts["roles"]["timestamp"]["version"] == 3
    code, _, err = _run("inspect", repository)
    assert code == 3
    assert "server-stub repo status" in err


def test_a_model_file_is_inspected(model_file: Path) -> None:
    code, out, _ = _run("inspect", model_file)
    assert code == 0
    facts = json.loads(_run("inspect", model_file, "--json")[1])
    assert facts["space_id"] in out
    assert all(segment["name"] in out for segment in facts["segments"])


@pytest.mark.deep
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


def test_an_invented_panel_that_is_too_small_is_not_told_about_columns(tmp_path: Path) -> None:
    code, _, err = _run("train", "--households", "1", "--out", tmp_path / "m.npz")
    assert code == 3
    assert "\n  try: give a larger log, or ask for fewer segments" in err


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
        (("inspect", "."), 3, "error: . is a directory"),
        (("train", "--ratings", "absent"), 3, "error: absent cannot be read"),
        (("train", "--catalogue", "a.csv"), 3, "error: --catalogue without viewings"),
        (("evaluate", "--ratings", "."), 3, "error: . is not a MovieLens directory"),
        (("train", "--segments", "3"), 2, "Usage: "),
        (("export", "absent"), 3, "error: absent cannot be read"),
        (("segments", "absent"), 3, "error: absent cannot be read"),
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


@pytest.mark.deep
@pytest.mark.parametrize("place", ["map.gif", "absent/map.png", "absent/map.svg"])
def test_a_map_that_cannot_be_drawn_is_said_in_a_line(
    place: str, model_file: Path, tmp_path: Path
) -> None:
    code, out, err = _run("segments", model_file, "--map", tmp_path / place)
    assert (code, out) == (3 if place.endswith("gif") else 11, "")
    assert err.startswith("error: ")


def test_exporting_onto_a_file_is_an_error_of_ours(model_file: Path) -> None:
    code, _, err = _run("export", model_file, "--out", model_file / "below")
    assert code == 11
    assert "cannot be written" in err


def test_a_map_without_matplotlib_says_how_to_get_it(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, err = _run("segments", model_file, "--map", tmp_path / "map.svg")
    assert code == 3
    assert "edgeagent[simulator]" in err


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


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python then finds no PyTorch, installed or not."""
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.mark.deep
@pytest.mark.usefixtures("without_torch")
def test_without_pytorch_auto_says_what_was_not_tried(tmp_path: Path) -> None:
    sizes = ["--segments", "16", "--dimension", "8", "--out", str(tmp_path / "model.npz")]
    code, out, _ = _run("train", *SMALL, *sizes)
    assert code == 0
    head, _, why = out.partition(": ")
    assert head in ("head linear", "head foldin")
    assert why.startswith("timescales was not tried, PyTorch is not installed")
    assert "pip install 'edgeagent[train]'" in out
    code, out, _ = _run("train", *SMALL, *sizes, "--json")
    assert "not tried" in json.loads(out)["choice"]["not_compared"]


@pytest.mark.usefixtures("without_torch")
def test_without_pytorch_timescales_is_refused_with_the_way_to_get_it(tmp_path: Path) -> None:
    model = tmp_path / "model.npz"
    code, _, err = _run("train", *SMALL, "--head", "timescales", "--out", model)
    assert code == 3
    assert "PyTorch" in err
    assert "pip install 'edgeagent[train]'" in err
    assert not model.exists()
    code, _, err = _run("evaluate", *SMALL, "--dimension", "8", "--models", "timescales-8")
    assert code == 3
    assert "pip install 'edgeagent[train]'" in err


@pytest.mark.deep
@pytest.mark.usefixtures("without_torch")
def test_without_pytorch_a_table_says_which_row_it_lacks() -> None:
    code, out, err = _run(
        *("evaluate", *SMALL, "--protocol", "segments", "--dimension", "8", "--segments", "16"),
        "--json",
    )
    assert code == 0
    assert err.startswith("left out: timescales-8; PyTorch")
    table = json.loads(out)
    assert set(table) == {"protocol", "users", "rows"}
    rows = [row["model"] for row in table["rows"]]
    assert rows == ["foldin-8", "linear-8", "segments-16", "popularity"]
    wanted = {"model", "ndcg_at_100", "ndcg_at_10", "recall_at_20", "se", "seconds", "bytes"}
    assert wanted <= set(table["rows"][0])


def test_inspect_shows_the_contract_of_a_model_and_of_its_graph(
    model_file: Path, tmp_path: Path
) -> None:
    code, out, _ = _run("inspect", model_file)
    assert code == 0
    for line in ("contract", "head", "history_embeddings", "float32 [L, 8]", "int8 [8, N]"):
        assert line in out
    facts = json.loads(_run("inspect", model_file, "--json")[1])["graph"]
    assert (facts["contract"], facts["head"], facts["opset"], facts["ir_version"]) == (
        *("1", "foldin"),
        *(17, 8),
    )
    assert list(facts["inputs"]) == [
        *("history_embeddings", "history_weights", "history_age_days"),
        *("candidate_embeddings", "candidate_scale", "candidate_bias", "explain_embeddings"),
    ]
    assert list(facts["outputs"]) == [
        *("user_embedding", "scores", "segment_probabilities", "contributions"),
    ]
    _run("export", model_file, "--out", tmp_path)
    graph = tmp_path / "model.onnx"
    alone = json.loads(_run("inspect", graph, "--json")[1])
    assert (alone["inputs"], alone["space_id"]) == (facts["inputs"], facts["space_id"])
    assert "segment_probabilities" in _run("inspect", graph)[1]


def test_inspect_refuses_what_is_no_graph(tmp_path: Path) -> None:
    assert _run("inspect", tmp_path / "absent.onnx")[0] == 3
    (tmp_path / "junk.onnx").write_bytes(b"\xff\xff\xff")
    code, _, err = _run("inspect", tmp_path / "junk.onnx")
    assert code == 3
    assert "not an ONNX file" in err


def test_inspect_describes_head_timescales(model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.npz"
    save_model(with_timescales(load_model(model_file)), path)
    code, out, _ = _run("inspect", path)
    assert code == 0
    assert "head timescales: viewings fade over" in out
    facts = json.loads(_run("inspect", path, "--json")[1])
    assert (facts["head"], facts["graph"]["head"]) == ("timescales", "timescales")
    assert len(facts["settings"]["per_day"]) == 6
