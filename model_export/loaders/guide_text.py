"""The characters of a guide, whatever its encoding, and what of them no XML may hold."""

from __future__ import annotations

import codecs
import re
from io import TextIOWrapper
from typing import BinaryIO

__all__ = ["guide_text", "mended"]

_LOOK_BYTES = 1024
_DECLARED = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']\s*([\w.:-]+)")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
    b"<\x00": "utf-16-le", b"\x00<": "utf-16-be",
}  # fmt: skip
"""How a file of each encoding begins."""
_SAVED_AS = {
    "iso8859-1": "cp1252", "iso8859-9": "cp1254", "ascii": "cp1252",
    "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8",
}  # fmt: skip
"""What files hold that declare another encoding in plain bytes (WHATWG: Encoding Standard, 4.2;
HTML, 13.2.3.2): Windows writes quotes and the euro sign where Latin-1 has control codes, and a
declaration that could be read as bytes is none of UTF-16."""
_NO_CHARACTERS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
"""Codecs of Python that no file is saved in; decoding the first two takes quadratic time."""
_UNDECODED = re.compile("[\udc80-\udcff]+")
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
"""What is no ``Char`` of XML 1.0, section 2.2."""


def guide_text(guide: BinaryIO) -> TextIOWrapper:
    """Return a guide's text; a byte that is not in its encoding stands for itself (PEP 383).

    Raises:
        LookupError: the encoding it names is not known.

    """
    begin = guide.read(_LOOK_BYTES)
    guide.seek(0)
    return TextIOWrapper(guide, _encoding(begin), errors="surrogateescape", newline="")


def _encoding(begin: bytes) -> str:
    for mark, name in _MARKS.items():
        if begin.startswith(mark):
            return name
    declared = _DECLARED.match(begin.lstrip())
    name = codecs.lookup(declared[1].decode("ascii") if declared else "utf-8").name
    if name.replace("_", "-") in _NO_CHARACTERS:
        raise LookupError(name)
    return _SAVED_AS.get(name, name)


def mended(text: str) -> tuple[str, tuple[str, ...]]:
    r"""Return a text as XML may hold it, and in words what was changed.

    >>> mended("Caf\udce9\x01")
    ('Café', ('bytes of another encoding: read as Windows-1252', 'control characters'))
    """
    if _FORBIDDEN.search(text) is None:
        return text, ()
    decoded = _UNDECODED.sub(_as_windows, text)
    plain = _FORBIDDEN.sub("", decoded)
    changes = {
        "bytes of another encoding: read as Windows-1252": decoded != text,
        "control characters": plain != decoded,
    }
    return plain, tuple(change for change, was_made in changes.items() if was_made)


def _as_windows(found: re.Match[str]) -> str:
    return found[0].encode("ascii", "surrogateescape").decode("cp1252", "replace")
