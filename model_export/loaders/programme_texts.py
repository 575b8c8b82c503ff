"""A guide cut into its programmes, each to be parsed alone, so that a broken one costs no other.

XML has no ``<`` but that of markup outside of comments, CDATA and processing instructions, so that
begin and end of a programme are found without a parser. Text outside of programmes is not kept,
and of a programme so much at most, whatever size the guide has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

__all__ = ["ProgrammeText", "programme_texts"]

_CHUNK_CHARACTERS = 1 << 16
_MOST_CHARACTERS = 1_000_000
"""Of one programme: real ones have some thousands."""
_LONGEST_TOKEN = 64
_TOKEN = re.compile(r"<!--|<!\[CDATA\[|<\?|<programme(?=[\s/>])|</programme\s*>")
_CLOSING = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_EMPTY = re.compile(r"<programme\b(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*/>")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeText:
    """One ``<programme>`` of a guide, as it is written."""

    text: str
    line: int
    """Where it begins, from 1."""
    broken: str | None = None
    """Why it is none."""


def programme_texts(guide: TextIO, begin: str = "") -> Iterator[ProgrammeText]:
    """Yield the programmes of a guide in order; ``begin`` was read from it before."""
    cutter = _Cutter()
    yield from cutter.cut(begin)
    while chunk := guide.read(_CHUNK_CHARACTERS):
        yield from cutter.cut(chunk)
    yield from cutter.unfinished("the guide ends within it")


class _Cutter:
    """Holds what is not yet given away."""

    def __init__(self) -> None:
        self._text = ""
        self._at = 0  # up to here it was looked at
        self._begin: int | None = None  # of the programme that is open
        self._closing = ""  # of the comment, or the like, that is open
        self._line, self._line_at = 1, 0

    def cut(self, chunk: str) -> Iterator[ProgrammeText]:
        self._text += chunk
        while token := self._next_token():
            if token[0].startswith("</"):
                if self._begin is not None:
                    yield self._given(self._begin, self._at)
            elif token[0] in _CLOSING:
                self._closing = _CLOSING[token[0]]
            else:
                yield from self.unfinished("another begins before it ends", token.start())
                self._begin = token.start()
        if self._begin is not None and len(self._text) - self._begin > _MOST_CHARACTERS:
            yield self._given(self._begin, len(self._text))
        self._forget()

    def unfinished(self, why: str, end: int | None = None) -> Iterator[ProgrammeText]:
        """Yield the programme that is open, if one is: an empty one has no end of its own."""
        if self._begin is None:
            return
        if empty := _EMPTY.match(self._text, self._begin):
            yield self._given(self._begin, empty.end())
        else:
            yield self._given(self._begin, len(self._text) if end is None else end, why)

    def _next_token(self) -> re.Match[str] | None:
        """Return the next token that stands there whole, and look on behind it."""
        if self._closing:
            closed = self._text.find(self._closing, self._at)
            if closed < 0:
                self._at = max(self._at, len(self._text) - len(self._closing) + 1)
                return None
            self._at, self._closing = closed + len(self._closing), ""
        token = _TOKEN.search(self._text, self._at)
        if token is not None:
            self._at = token.end()
            return token
        near = max(self._at, len(self._text) - _LONGEST_TOKEN)
        last = self._text.rfind("<", near)
        self._at = len(self._text) if last < 0 else last
        return None

    def _given(self, begin: int, end: int, broken: str | None = None) -> ProgrammeText:
        self._begin = None
        if end - begin > _MOST_CHARACTERS:
            broken = f"longer than {_MOST_CHARACTERS:,} characters"
        self._line += self._text.count("\n", self._line_at, begin)
        self._line_at = begin
        text = self._text[begin:end] if broken is None else ""
        return ProgrammeText(text=text, line=self._line, broken=broken)

    def _forget(self) -> None:
        kept = self._at if self._begin is None else self._begin
        self._line += self._text.count("\n", self._line_at, kept)
        self._text = self._text[kept:]
        self._at -= kept
        self._line_at = 0
        self._begin = None if self._begin is None else 0
