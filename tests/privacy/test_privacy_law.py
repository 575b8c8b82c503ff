"""What the pages promise to a legal department names commands and tests that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.pages.commands import faults

ROOT = Path(__file__).parents[2]
LAW = ROOT / "edgeagent" / "privacy" / "LAW.md"
PAGE = LAW.with_name("README.md")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_COMMAND = re.compile(r"`(edgeagent [^`]+)`")


def tables(text: str, *, columns: int, last: str) -> Iterator[list[str]]:
    """Return the rows of the tables whose last column is called so, without their heads."""
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("|"):
            inside = False
        elif cells[-1] == last:
            inside = len(cells) == columns
        elif inside and not line.startswith("| ---"):
            yield cells


@cache
def names_in(path: Path) -> frozenset[str]:
    found = ast.walk(ast.parse(path.read_text("utf-8")))
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef))


def absent_tests(cell: str) -> list[str]:
    """Return the names in a cell that are no tests; the whole cell if it names none."""
    named = _TEST.findall(cell)
    absent = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file() or name not in names_in(ROOT / file)
    ]
    return absent if named else [cell]


def absent_commands(cell: str) -> list[str]:
    named = _COMMAND.findall(cell)
    return [fault for command in named for fault in faults(command)] if named else [cell]


def laws() -> list[list[str]]:
    return list(tables(LAW.read_text("utf-8"), columns=4, last="test"))


def test_every_duty_names_a_command_that_exists_and_a_test_that_exists() -> None:
    rows = laws()
    assert len(rows) > 35
    assert all(len(row) == 4 for row in rows)
    assert [fault for row in rows for fault in absent_commands(row[2])] == []
    assert [fault for row in rows for fault in absent_tests(row[3])] == []


@pytest.mark.parametrize(
    "duty",
    [
        *(f"Art. {number}" for number in ("5", "6", "7", *range(12, 23), "25", "35")),
        *("§ 1798.105", "§ 1798.106", "1798.110", "1798.120", "1798.121"),
        *("(b)(1)", "(b)(2)(B)", "(e)", "consent before storing", "consent before reading"),
    ],
)
def test_no_duty_is_left_out(duty: str) -> None:
    assert any(
        re.search(re.escape(duty) + r"\b|" + re.escape(duty) + " ", row[0]) for row in laws()
    )


def test_that_it_is_no_legal_advice_is_said() -> None:
    assert "no legal advice" in LAW.read_text("utf-8")


def test_every_sentence_that_may_be_quoted_rests_on_a_test() -> None:
    rows = list(tables(PAGE.read_text("utf-8"), columns=2, last="test that fails otherwise"))
    assert len(rows) > 10
    assert all(len(row) == 2 and row[0].endswith(".") for row in rows)
    assert [fault for row in rows for fault in absent_tests(row[1])] == []


@pytest.mark.parametrize("cell", ["", "soon", "`tests/privacy/test_privacy_law.py::test_no`"])
def test_a_test_that_is_not_there_is_noticed(cell: str) -> None:
    assert absent_tests(cell) != []


@pytest.mark.parametrize("cell", ["", "by hand", "`edgeagent privacy forget`"])
def test_a_command_that_is_not_there_is_noticed(cell: str) -> None:
    assert absent_commands(cell) != []
