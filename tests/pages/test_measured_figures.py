"""Figures of speed and memory in the pages are those of the results that lie in the repository."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.benches import BENCHES, SETS, bench_named
from tests.bench.result import Spread
from tests.bench.result_tables import RESULTS, kept_result, table_of
from tests.pages.found import Page, pages

MOST_SECONDS = 12 * 60
"""What new results may take: nobody runs what takes longer before a release."""
MOST_BYTES = 30_000
"""Of one result: people read what changed in it."""
SHOWN = sorted({bench for page in pages() for bench in page.benches})
MEASURED = re.compile(
    r"[\d.,]*\d ?(?:×(?! \d)|[mµ]s\b)"  # a ratio, a short time
    r"|\d+\.\d+ ?(?:s|MiB|KiB|KB)\b"  # limits are whole numbers
    r"|[\d.]+ times as (?:long|fast|much)"
    r"|[\d,.]+ (?:a second\b|seconds of processor)"
)
ELSEWHERE = {
    ".github/decisions": "what decided at that time, with its source",
    "tests/hil": "what the rehearsal measured that the page is about",
}
NOT_BY_A_BENCH = {
    ("edgeagent/api/README.md", "50 ms"): "a constant: when an app is answered",
    ("edgeagent/privacy/README.md", "12 ms"): "by the audit that is named beside it",
    ("edgeagent/privacy/README.md", "134 ms"): "what that audit would have seen",
}


def written_figures(text: str) -> list[str]:
    """Return what looks like a measured figure, outside of code."""
    prose = re.sub(r"```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return MEASURED.findall(prose)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_measured_figure_is_written_by_hand(page: Page) -> None:
    if page.name.startswith(tuple(ELSEWHERE)):
        return
    found = [one for one in written_figures(page.written) if (page.name, one) not in NOT_BY_A_BENCH]
    assert found == [], "name its bench in a block: <!-- made: bench NAME -->"


@pytest.mark.parametrize(
    "text",
    ["takes 1.3 × the time", "12 ms", "19 µs", "47.7 MiB", "0.3 s to READY", "5.4 KB a viewing",
     "takes 1.1 times as long", "1,017 a second", "132 seconds of processor time"],
)  # fmt: skip
def test_figures_as_they_used_to_be_written_are_noticed(text: str) -> None:
    assert len(written_figures(text)) == 1


@pytest.mark.parametrize("text", ["8 × 4 categories", "at most 64 MiB", "after 30 s", "3 of 7"])
def test_limits_and_counts_are_not_taken_for_them(text: str) -> None:
    assert written_figures(text) == []


def test_every_result_on_a_page_comes_from_a_set_that_takes_minutes_or_is_named() -> None:
    assert sorted(bench.name for bench in BENCHES if bench.on_a_page) == SHOWN
    assert sum(bench.seconds * bench.runs for bench in SETS["pages"]) <= MOST_SECONDS


@pytest.mark.parametrize("name", SHOWN)
def test_a_result_is_whole_small_and_tells_of_no_place(name: str) -> None:
    text = (RESULTS / f"{name}.json").read_text("utf-8")
    assert len(text) <= MOST_BYTES
    assert re.findall(r"/(?:home|root|tmp|work|usr|Users)/", text) == []
    result, bench = kept_result(name), bench_named(name)
    assert result.held or result.busy
    assert {figure for _, figure, _ in bench.shown} <= result.figures.keys()
    assert {ratio.words for ratio in bench.ratios} == result.ratios.keys()
    assert {"processor", "processors", "system", "python"} <= result.machine.keys()
    words = " ".join(bench.arguments)
    assert result.command == f"python -m {bench.module} {words}".strip()


def test_a_table_says_what_lies_in_the_result_and_what_made_it() -> None:
    result = kept_result("store")
    ratio = Spread(median=7.5, least=7.25, most=9.0)
    changed = replace(
        result,
        runs=3,
        began="2026-12-01T10:00:00+00:00",
        ratios={**result.ratios, "one durable commit": ratio},
        figures={**result.figures, "open_ms": Spread(median=12.0, least=12.0, most=12.0)},
        machine={**result.machine, "processor": "Z80", "processors": 2, "load": 5.2},
    )
    table = table_of([changed])
    assert "| one durable commit | 7.5 (7.25–9) × plain SQLite |" in table
    assert "| opening the history | 12 ms |" in table
    *_, made = table.splitlines()
    assert made.startswith("`python -m tests.bench store`, medians of 3 runs (least–most), 1 Dec")
    assert ", Z80, 2 cores, " in made
    assert made.endswith(", busy with other work")
    assert table_of([result]) != table


def test_what_is_a_figure_and_a_ratio_is_one_row() -> None:
    rows = [
        line for line in table_of([kept_result("export")]).splitlines() if "an export of" in line
    ]
    assert re.fullmatch(
        r"\| an export of 20,000 viewings \| .+ ms.* \| .+ × plain SQLite and json.dumps \|",
        rows[0],
    )
    assert [row.split(" | ")[0] for row in rows].count("| an export of 20,000 viewings") == 1


def test_a_quick_result_gets_on_no_page(tmp_path: Path) -> None:
    kept = kept_result("store")
    replace(kept, quick=True).write(tmp_path)
    with pytest.raises(ValueError, match="store was quick"):
        kept_result("store", tmp_path)
    kept.write(tmp_path)
    assert kept_result("store", tmp_path) == kept
