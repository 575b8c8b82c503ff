"""At a terminal no line is wider than it, in either language, and no word is lost by that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.command_tree import commands_of
from tests.cli.spoken import spoken
from tests.cli.terminal import at_terminal
from tests.pages.made import PROGRAMS
from tests.publishing import Publisher, titles_of

_READS = """
consent show; consent receipt; profile list; profile lock; history list; history apps
history retention; title list; title search a; recommend; recommend --week; private status
report budget; report preview; report close; report send; disclosures list; disclosures verify
privacy assess; privacy report; privacy notice; model status; model update; keys status
config check; config show; service endpoint; dashboard; doctor; promo list; promo choose home
histori; history list --limit x; history add; --config nope.toml doctor; profile age-limit main
"""


def too_wide(shown: str, columns: int) -> list[str]:
    """Return lines wider than the terminal that could be broken."""
    return [line for line in shown.splitlines() if len(line) > columns and " " in line.strip()]


@pytest.mark.parametrize(
    ("program", "columns"),
    [("edgeagent", 80), ("edgeagent", 120), ("model-export", 80), ("server-stub", 80)],
)
def test_help_in_german(program: str, columns: int, tmp_path: Path) -> None:
    lines = [[*path, "--help"] for path, _ in commands_of(PROGRAMS[program])]
    pages = at_terminal(program, lines, tmp_path, columns=columns, language="de")
    for line, page in zip(lines, pages, strict=True):
        assert "--help" in page
        assert too_wide(page, columns) == [], line


@pytest.mark.deep
@pytest.mark.parametrize(("columns", "language"), [(80, "de"), (120, "en")])
def test_answers_and_errors(
    columns: int, language: str, fond_of_comedy: Path, publisher: Publisher, tmp_path: Path
) -> None:
    typed = [*re.split(r"[;\n]", _READS.strip()), f"explain {titles_of(publisher, 'Comedy')[9]}"]
    lines = [["--home", str(fond_of_comedy), *words.split()] for words in typed]
    answers = at_terminal("edgeagent", lines, tmp_path, columns=columns, language=language)
    for line, answer in zip(lines, answers, strict=True):
        assert answer.strip(), line
        assert too_wide(answer, columns) == [], line
    whole = spoken(language, lines[:1])[0].stdout
    assert answers[0].split() == whole.split()
    assert len(answers[0].splitlines()) > len(whole.splitlines())
