from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.sqlite_utils_suite.__main__ import Expectation, Run, compare, main, read_expectation

EXPECTED = Expectation(version="1", least_passed=10, reasons={"a": "it cannot", "b": "nor this"})
AS_EXPECTED = Run(passed=10, skipped=0, connections=1, failed=frozenset({"a", "b"}))


def test_what_is_as_listed_is_no_problem() -> None:
    assert compare(AS_EXPECTED, EXPECTED) == []


@pytest.mark.parametrize(
    ("run", "problem"),
    [
        (replace(AS_EXPECTED, failed=frozenset("abc")), "c fails, unexpectedly"),
        (replace(AS_EXPECTED, failed=frozenset("a")), "b passes, although nor this"),
        (replace(AS_EXPECTED, passed=9), "only 9 tests passed"),
        (replace(AS_EXPECTED, connections=0), "no encrypted connection"),
    ],
)
def test_anything_else_is(run: Run, problem: str) -> None:
    (told,) = compare(run, EXPECTED)
    assert problem in told


def test_every_listed_failure_has_a_reason() -> None:
    listed = read_expectation(Path(__file__).with_name("expected.toml"))
    assert len(listed.reasons) >= 1
    assert all(len(reason) > 20 for reason in listed.reasons.values())
    assert all(test.startswith("tests/test_") and "::" in test for test in listed.reasons)


def test_without_the_suite_it_says_how_to_get_it() -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 2
    assert "pip download" in result.output
