"""Rows of quality tables come back from their files as they were; the page shows the last run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_export.comparison import Comparison, Row
from model_export.evaluation.ranking import RankingQuality
from tests.bench import bench_quality
from tests.bench.quality_rows import RowFiles
from tests.bench.quality_tables import markdown, with_table


def _row(model: str, ndcg: float) -> Row:
    values = np.array([ndcg, ndcg / 2, ndcg / 4])
    return Row(
        model=model,
        quality=RankingQuality(
            ndcg_at_10=values, hit_rate_at_10=np.ones(3), recall_at_20=values, ndcg_at_100=values
        ),
        recall_at_50=values,
        coverage_fraction=0.25,
        novelty_bits=3.5,
        seconds=1.5,
        size_bytes=2_500_000,
    )


def _files(tmp_path: Path) -> RowFiles:
    return RowFiles(directory=tmp_path / "rows", log="panel")


def test_a_row_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    files = _files(tmp_path)
    assert files.found("global", "foldin-8 warm") is None
    files.keep("global", _row("foldin-8 warm", 0.4))
    found = files.found("global", "foldin-8 warm")
    assert found is not None
    facts = found.facts(_row("ease", 0.2))
    assert facts == _row("foldin-8 warm", 0.4).facts(_row("ease", 0.2))
    assert files.found("strong", "foldin-8 warm") is None
    assert files.found("segments", "foldin-8 warm") is not None, "the split is that of global"
    other = RowFiles(directory=files.directory, log="panel-of-others")
    assert other.found("global", "foldin-8 warm") is None


def test_rows_are_forgotten_model_by_model(tmp_path: Path) -> None:
    files = _files(tmp_path)
    for model in ("foldin-8", "foldin-8 warm"):
        files.keep("cold", _row(model, 0.4))
    files.forget("foldin-8")
    assert files.found("cold", "foldin-8") is None
    assert files.found("cold", "foldin-8 warm") is not None


def test_a_table_tells_gains_over_ease() -> None:
    rows = (_row("foldin-8", 0.4), _row("ease", 0.2), _row("popularity", 0.1))
    table = Comparison(protocol="strong", people=3, rows=rows)
    text = markdown([{"log": "A panel", **table.facts(baseline=rows[1])}])
    heading, _, columns, _, foldin, ease, _ = text.splitlines()
    assert heading.startswith("**A panel**, strong generalisation")
    assert heading.endswith("; 3 people:")
    assert columns.startswith("|  | NDCG@100 | over `ease` |")
    assert foldin.startswith("| `foldin-8` | 0.233 ± 0.088 | +0.117 ± 0.044 |")
    assert foldin.endswith("| 25.0% | 3.5 | 2.50 |")
    assert ease.startswith("| `ease` | 0.117 ± 0.044 |  |")


def test_rows_of_one_model_join_those_measured_before() -> None:
    def table(protocol: str, *rows: Row, over: int = -1) -> dict[str, object]:
        compared = Comparison(protocol=protocol, people=3, rows=rows)
        return {"log": "A panel", "seed": 0, "trainings": 1, **compared.facts(baseline=rows[over])}

    ease, foldin, linear = _row("ease", 0.2), _row("foldin-8", 0.4), _row("linear-8", 0.5)
    before = [table("strong", foldin, ease), table("global", foldin, ease)]
    strong, later = with_table(before, table("strong", linear, _row("ease", 0.3)))
    assert later == before[1]
    rows = {row["model"]: row for row in strong["rows"]}
    assert list(rows) == ["linear-8", "foldin-8", "ease"]
    assert rows["ease"]["ndcg_at_100"] > before[0]["rows"][1]["ndcg_at_100"]  # type: ignore[index]
    assert rows["foldin-8"] == before[0]["rows"][0]  # type: ignore[index]
    other = table("strong", linear, _row("popularity", 0.1))
    (joined, _) = with_table(before, other)
    assert [row["model"] for row in joined["rows"]] == ["linear-8", "popularity"], "other gains"
    assert with_table(before, {**other, "seed": 1})[:2] == before


def test_tables_of_other_logs_stay_and_the_harness_gets_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, rows = tmp_path / "quality.json", tmp_path / "rows"
    panel = RowFiles(directory=rows, log="invented-panel-of-20-households-d8-seed0-trainings3")
    for model, ndcg in (("foldin-8", 0.4), ("popularity", 0.2)):
        panel.keep("last", _row(model, ndcg))
    kind = {"seed": 0, "trainings": 3, "protocol": "cold"}
    held = [{"log": log, **kind} for log in ("Another log", "Invented panel of 20 households")]
    out.write_text(json.dumps(held), "utf-8")
    where = ("--rows", str(rows), "--out", str(out))
    panel_only = ("--households", "20", "--dimension", "8", "--protocols", "last", "--found")
    bench_quality.main([*panel_only, *where, "--json"])
    first, second = json.loads(out.read_text("utf-8"))
    assert first == held[0]
    assert [row["model"] for row in second["rows"]] == ["foldin-8", "popularity"]
    figures = json.loads(capsys.readouterr().out)
    assert figures["panel"]["last"] == pytest.approx({"foldin": 0.2333, "popularity": 0.1167}, 1e-3)


@pytest.mark.deep
def test_a_run_cut_short_goes_on_with_the_next_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_quality, "torch_is_there", lambda: False)
    arguments = [
        *("--households", "40", "--dimension", "8", "--protocols", "last"),
        *("--rows", str(tmp_path / "rows"), "--out", str(tmp_path / "quality.json")),
    ]
    bench_quality.main(arguments)
    first = json.loads((tmp_path / "quality.json").read_text("utf-8"))
    shown = capsys.readouterr()
    assert "everybody's last viewing left out" in shown.out
    assert shown.err.count("done: ") == len(first[0]["rows"]) == 7
    (ease,) = (tmp_path / "rows").glob("*.last.ease.json")
    ease.unlink()
    bench_quality.main([*arguments, "--found"])
    (partly,) = json.loads((tmp_path / "quality.json").read_text("utf-8"))
    assert len(partly["rows"]) == 6
    assert not capsys.readouterr().err
    bench_quality.main(arguments)
    again = json.loads((tmp_path / "quality.json").read_text("utf-8"))
    assert capsys.readouterr().err.count("done: ") == 1
    assert [row["ndcg_at_100"] for row in again[0]["rows"]] == pytest.approx(
        [row["ndcg_at_100"] for row in first[0]["rows"]]
    )
    bench_quality.main([*arguments, "--again", "popularity,itemknn"])
    assert capsys.readouterr().err.count("done: ") == 2
    whole = json.loads((tmp_path / "quality.json").read_text("utf-8"))
    bench_quality.main([*arguments, "--again", "linear-8", "--models", "linear-8"])
    assert capsys.readouterr().err.count("done: ") == 1
    (beside,) = json.loads((tmp_path / "quality.json").read_text("utf-8"))
    assert [row["model"] for row in beside["rows"]] == [row["model"] for row in whole[0]["rows"]]
