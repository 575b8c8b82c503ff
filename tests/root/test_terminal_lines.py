"""Lines for a terminal are broken between words and continued below their text."""

from __future__ import annotations

import io
import json
import sys

import pytest

from edgeagent.command_group import emit_json
from edgeagent.terminal_lines import TerminalLines, whole_lines


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", "40")
    return 40


def shown(*parts: str) -> list[str]:
    raw = io.BytesIO()
    stream = TerminalLines(raw, encoding="utf-8")
    for part in parts:
        assert stream.write(part) == len(part)
    stream.flush()
    return raw.getvalue().decode().split("\n")


@pytest.mark.parametrize(
    ("line", "indent"),
    [
        ("a sentence of its own that goes on for more than a line", 2),
        ("      a paragraph that stands below a heading, and is too long", 6),
        ("  purpose: a field is told from the next one by its indent", 4),
        ("  + an item of a list is told from the next one as well", 4),
        (" 12. a numbered line goes on below what follows its number", 5),
        ("ok       a column of its own stays free below, all the way", 9),
        ("a-word-that-is-far-too-long  is only the beginning of it", 2),
        ("error: nope.toml is no file that could be read by anybody", 2),
        ("日本 日本 日本 日本 日本 日本 日本 日本 日本", 2),
    ],
)
def test_a_long_line_goes_on_below_its_text(line: str, indent: int, columns: int) -> None:
    first, second, end = shown(f"{line}\n")
    assert not end
    assert f"{first} {second.strip()}" == line
    assert second.rstrip() == " " * indent + second.strip()
    wide = 2 if "日" in line else 1
    words = [len(text.replace(" ", "")) * wide + text.count(" ") for text in (first, second)]
    assert max(words) <= columns
    assert words[0] + 1 + len(second.split()[0]) * wide > columns  # no room was left


@pytest.mark.usefixtures("columns")
def test_every_further_line_stands_below_the_second() -> None:
    words = "task: what it asks; for: another word with a colon, and " * 3
    indents = {len(line) - len(line.lstrip()) for line in shown(f"  {words}\n")[1:-1]}
    assert indents == {4}


def test_a_line_may_come_in_parts_and_in_colours(columns: int) -> None:
    bold = "\x1b[1m", "\x1b[0m"
    title = "  1. The Inheritance at Dunwater (2010)"
    lines = shown(f"{bold[0]}{title}{bold[1]}", "  Drama, Romance  [film-0246]\nnext\n")
    assert lines == [f"{bold[0]}{title}{bold[1]}", "     Drama, Romance  [film-0246]", "next", ""]
    assert len(title) <= columns


def test_what_fits_is_left_as_it_is_to_the_last_column(columns: int) -> None:
    full = "x" * 19 + " " + "y" * 20
    assert len(full) == columns
    assert shown(f"{full}\n", "a question? [y/N]: ") == [full, "a question? [y/N]: "]


def test_a_word_that_is_longer_than_the_terminal_stays_whole(columns: int) -> None:
    address = "http://127.0.0.1:3474/" + "a" * columns
    assert shown(f"dashboard: {address}\n") == ["dashboard:", f"  {address}", ""]
    assert shown(f"{address}\n") == [address, ""]


def test_a_line_that_is_written_over_begins_again(columns: int) -> None:
    half = "x" * (columns - 10)
    assert shown(half, f"\r{half}", f"\r{half} done\n") == [f"{half}\r{half}\r{half} done", ""]


def test_a_letter_that_is_written_over_the_one_before_takes_no_room(columns: int) -> None:
    accented = "e\N{COMBINING ACUTE ACCENT}" * columns
    assert shown(f"{accented[:-4]} é\n") == [f"{accented[:-4]} é", ""]


def test_a_terminal_too_narrow_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    line = "five words that are long"
    assert shown(f"{line}\n") == [line, ""]


def test_what_is_for_programs_is_never_broken(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", TerminalLines(raw, encoding="utf-8"))
        emit_json({"words": "long enough to be broken where a person reads it"})
        sys.stdout.write("and this is broken again, since it is for people\n")
        sys.stdout.flush()
        first, *rest = raw.getvalue().decode().splitlines()
    assert len(first) > columns
    assert json.loads(first)["words"]
    assert len(rest) == 2
    with whole_lines(raw):  # of another kind: nothing is broken there anyhow
        pass
