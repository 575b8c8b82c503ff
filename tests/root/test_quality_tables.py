"""Rows of quality tables come back from their files as they were; the page shows the last run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_export.comparison import Comparison, Row
from model_export.evaluation.ranking import RankingQuality
from tests.bench.quality_rows import RowFiles
from tests.bench.quality_tables import (
    LAST_RUN,
    OtherBaselineError,
    markdown,
    with_table,
    without_row,
)


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
    files.keep("global", _row("foldin-8", 0.4))
    files.forget("cold", "foldin-8")
    assert files.found("cold", "foldin-8") is None
    assert files.found("global", "foldin-8") is not None
    files.forget("segments", "foldin-8")
    assert files.found("segments", "foldin-8") is None, "not as that of global either"
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


def _table(protocol: str, *rows: Row, over: int = -1) -> dict[str, Any]:
    compared = Comparison(protocol=protocol, people=3, rows=rows)
    return {"log": "A panel", "seed": 0, "trainings": 1, **compared.facts(baseline=rows[over])}


def test_a_row_joins_those_measured_before() -> None:
    ease, foldin, linear = _row("ease", 0.2), _row("foldin-8", 0.4), _row("linear-8", 0.5)
    before = [_table("strong", foldin, ease), _table("global", foldin, ease)]
    order = ("foldin-8", "linear-8", "ease")
    strong, later = with_table(before, _table("strong", linear, ease), order=order)
    assert later == before[1]
    assert [row["model"] for row in strong["rows"]] == list(order)
    assert strong["rows"][0] == before[0]["rows"][0]
    better, *_ = with_table(before, _table("strong", _row("foldin-8", 0.5), ease), order=order)
    assert better["rows"][0]["ndcg_at_100"] > before[0]["rows"][0]["ndcg_at_100"]
    other = {**_table("strong", linear, ease), "seed": 1}
    assert with_table(before, other, order=order) == [*before, other]
    with pytest.raises(OtherBaselineError, match=r"A panel, strong: ease is 0\.175, and 0\.117"):
        with_table(before, _table("strong", linear, _row("ease", 0.3)), order=order)


def test_without_its_baseline_nothing_of_a_table_is_left() -> None:
    before = [_table("strong", _row("foldin-8", 0.4), _row("ease", 0.2))]
    (shorter,) = without_row(before, before[0], "foldin-8")
    assert [row["model"] for row in shorter["rows"]] == ["ease"]
    assert without_row(before, before[0], "ease") == []
    assert without_row(before, {**before[0], "seed": 1}, "ease") == before


def test_every_row_of_the_page_was_measured_beside_the_baseline_of_its_table() -> None:
    for table in json.loads(LAST_RUN.read_text("utf-8")):
        over = {row["gain_over"] for row in table["rows"]}
        assert over <= {row["model"] for row in table["rows"]}
        assert len(over) == 1
