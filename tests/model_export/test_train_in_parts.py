"""``train`` on a log that is longer than may be in memory, and on what is there to train with."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from model_export.cli import main
from model_export.cli.train import _say_what_is_learnt_from
from model_export.heads.fit import torch_is_there, training_device
from model_export.log import WatchLog
from model_export.synthetic import synthetic_panel


def _run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def _written(log: WatchLog, directory: Path) -> tuple[Path, Path]:
    pa = pytest.importorskip("pyarrow", reason="pyarrow: pip install 'edgeagent[parquet]'")
    from pyarrow import parquet  # noqa: PLC0415  (skipped without it)

    titles, views = directory / "titles.csv", directory / "views.parquet"
    with titles.open("w", encoding="utf-8", newline="") as file:
        rows = ((t.entity_id, t.title, "|".join(t.genres)) for t in log.titles)
        csv.writer(file).writerows([("item", "title", "genres"), *rows])
    columns = {
        "user": [f"u{user}" for user in log.users],
        "item": [log.titles[item].entity_id for item in log.items],
        "timestamp": log.watched_on,
        "progress": log.completion,
    }
    parquet.write_table(pa.table(columns), views)
    return titles, views


@pytest.mark.deep
@pytest.mark.parametrize("head", ["foldin", "timescales"])
def test_a_longer_log_is_read_in_parts_and_it_says_so(head: str, tmp_path: Path) -> None:
    if head == "timescales" and not torch_is_there():
        pytest.skip("needs PyTorch: pip install 'edgeagent[train]'")
    log = synthetic_panel(4, households=30, weeks=12, titles=80)
    titles, views = _written(log, tmp_path)
    code, out, err = _run(
        *("train", "--ratings", views, "--catalogue", titles, "--head", head, "--json"),
        *("--segments", "8", "--dimension", "8", "--device", "cpu"),
        *("--viewings-at-once", str(len(log) // 2), "--out", tmp_path / "model.npz"),
    )
    assert code == 0, err
    assert err.startswith("note: read in 2 parts. Head timescales learns from all of them;")
    answer = json.loads(out)
    assert answer["head"] == head
    assert answer.get("device") == ("cpu" if head == "timescales" else None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "model.npz",
        "titles.csv",
        "views.parquet",
    ]


def test_more_than_the_local_engine_is_meant_for_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    many = np.zeros(10_000_001, dtype=np.int8)
    log = WatchLog(
        titles=(),
        users=many,  # type: ignore[arg-type]  # an eighth of the memory; none is looked at
        items=many,  # type: ignore[arg-type]
        watched_on=many,  # type: ignore[arg-type]
        completion=many,  # type: ignore[arg-type]
        user_count=1,
    )
    _say_what_is_learnt_from(log, (), local=True)
    assert "10,000,001 viewings are in memory, more than the 10,000,000" in capsys.readouterr().err
    _say_what_is_learnt_from(log, (), local=False)
    _say_what_is_learnt_from(log.select(np.arange(len(many)) > 0), (), local=True)
    assert not capsys.readouterr().err


@pytest.mark.parametrize("head", ["foldin", "linear"])
def test_heads_of_the_processor_refuse_a_gpu(head: str, tmp_path: Path) -> None:
    model = tmp_path / "model.npz"
    code, _, err = _run("train", "--head", head, "--device", "cuda", "--out", model)
    assert code != 0
    assert f"head {head} is fitted on the processor" in err
    assert not model.exists()


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    if torch_is_there() and training_device("auto") == "cuda":
        pytest.skip("there is one")
    code, _, err = _run("train", "--device", "cuda", "--ratings", tmp_path / "none.csv")
    assert code != 0
    missing = "heads timescales and blend need PyTorch, which is not"
    assert ("--device cuda: PyTorch" if torch_is_there() else missing) in err
