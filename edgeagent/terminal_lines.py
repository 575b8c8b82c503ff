"""Lines for a terminal: broken between words where they are too long, continued below their text.

Commands print each thought as one line, so that programs find it whole. Only where a person reads
it, at a terminal, is it broken; a terminal by itself breaks anywhere within a word.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["TerminalLines", "whole_lines"]

_NARROWEST = 40
"""Columns. Below it, broken lines are no easier to read."""
_TOKEN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]| +|[^\s\x1b]+|.", re.DOTALL)
_LABEL = re.compile(r" *(?:\d+\. +|(?!\S*[.:;,] )\S+ {2,})")
"""A number or a word in a column of its own: what follows is continued below what follows."""
_WIDEST_LABEL = 24
_FIELD = re.compile(r"[-+*] |[^:]{1,40}: ")
"""An item of a list, or a name before its value: continued further in, to tell it from the next."""


class TerminalLines(io.TextIOWrapper):
    """A stream of text to a terminal.

    What is written is not held back, so that a question is seen before its answer is read.
    """

    _line = ""
    """What the terminal's present line shows."""
    _indent: str | None = None
    """Of what continues a line that was broken already."""
    _keeps_whole = False

    def write(self, text: str, /) -> int:
        """Write text, with more line breaks where the terminal would end a line."""
        import shutil  # noqa: PLC0415  (heavy: imports archive formats, and a service has no terminal)

        columns = shutil.get_terminal_size().columns  # people make windows narrower meanwhile
        if self._keeps_whole or columns < _NARROWEST:
            super().write(text)
        else:
            super().write("".join(self._broken(text, columns)))
        return len(text)

    def _broken(self, text: str, columns: int) -> Iterator[str]:
        spaces = ""
        for token in _TOKEN.findall(text):
            if token in {"\r", "\n"}:
                self._line, self._indent, spaces = "", None, ""
                yield token
            elif token.startswith("\x1b"):
                yield token
            elif token.isspace():
                spaces += token
            else:
                indent = self._indent or _hanging_indent(self._line + spaces)
                width = _width(self._line + spaces + token)
                # On a fresh line there is no more room than here for a word that is longer still.
                if width > columns and len(self._line) > len(indent):
                    spaces, self._line, self._indent = "\n" + indent, "", indent
                yield spaces + token
                self._line += spaces.lstrip("\n") + token
                spaces = ""
        self._line += spaces
        yield spaces

    @contextmanager
    def kept_whole(self) -> Iterator[None]:
        """Break no line while the block lasts."""
        self._keeps_whole = True
        try:
            yield
        finally:
            self._keeps_whole, self._line, self._indent = False, "", None


@contextmanager
def whole_lines(stream: object) -> Iterator[None]:
    """Break no line of a stream while the block lasts: what it holds is for programs."""
    if isinstance(stream, TerminalLines):
        with stream.kept_whole():
            yield
    else:
        yield


def _hanging_indent(line: str) -> str:
    label = _LABEL.match(line)
    if label is not None and label.end() <= _WIDEST_LABEL:
        return " " * label.end()
    text = line.lstrip(" ")
    indent = len(line) - len(text)
    is_paragraph = indent > 0 and not _FIELD.match(text)
    return " " * (indent if is_paragraph else indent + 2)


def _width(text: str) -> int:
    """Return how many columns a text takes: Chinese letters take two, accents of their own none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415  (0.5 MiB, for people only)

    return sum(
        0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text
    )
