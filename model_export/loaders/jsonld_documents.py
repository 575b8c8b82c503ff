"""JSON-LD files as documents: one JSON text, an array of them, or one a line.

Each document has local ids of its own (``#movie``, ``_:b0``): the same one in two documents means
two things. In an array, what has a context of its own is a document; the rest is one together. The
words of schema.org are written plainly (``name``), with a prefix (``schema:name``) or in full, and
``id`` and ``type`` for ``@id`` and ``@type``, as many contexts say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edgeagent.errors import InputError
from edgeagent.regular_file import read_regular
from model_export.loaders.catalogue_builder import CatalogueBuilder

__all__ = ["Document", "Names", "Node", "is_local", "read_documents"]

_CAP_BYTES = 512 * 1024 * 1024
_SCHEMA = re.compile(r"(?:https?://schema\.org/|schema:)(?=.)")
_SHORT = {"id": "@id", "type": "@type"}
_WORD = re.compile(r"\w+|@(?:id|type)")
_WRAPPINGS = ("@list", "@set")

Node = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What nodes are called, in one document."""

    here: dict[str, Node]
    everywhere: dict[str, Node]
    """By ids that mean the same in all documents."""

    def get(self, name: object) -> Node | None:
        """Return the node of an id; of several mentions what they say together."""
        if not isinstance(name, str):
            return None
        return (self.here if is_local(name) else self.everywhere).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document, or one part of it that stands for itself in an array."""

    root: object
    place: str
    """Of its root, such as ``titles.json, $[3]``."""
    names: Names


def is_local(name: object) -> bool:
    """Whether an id means something in its document alone."""
    return isinstance(name, str) and name.startswith(("#", "_:"))


def read_documents(path: Path, builder: CatalogueBuilder) -> Iterator[Document]:
    """Yield the documents of a file.

    Raises:
        InputError: no JSON, too large or too deep.

    """
    roots = _roots(path, builder)
    shared: dict[str, Node] = {}
    everywhere: dict[str, Node] = {}
    found = []
    for place, root, is_own in roots:
        here = {} if is_own else shared
        for node in _nodes(root):
            for term in _renamed(node.get("@context")):
                builder.omissions.ignored.add(
                    f"a context that renames words, as {term}: they are read as they stand",
                    f"{path}, {place}",
                )
            name = node.get("@id")
            if isinstance(name, str):
                known = here if is_local(name) else everywhere
                known[name] = {**node, **known.get(name, {})}
        names = Names(here=here, everywhere=everywhere)
        found.append(Document(root=root, place=f"{path}, {place}", names=names))
    yield from found


def _renamed(context: object) -> Iterator[str]:
    """Yield each word that a context gives to what schema.org calls otherwise.

    ``{"name": "schema:name"}`` renames nothing, and a prefix is no word.
    """
    for each in context if isinstance(context, list) else [context]:
        for term, meant in each.items() if isinstance(each, dict) else ():
            whole = meant.get("@id") if isinstance(meant, dict) else meant
            word = _SCHEMA.sub("", whole) if isinstance(whole, str) else ""
            are_words = _WORD.fullmatch(term) and _WORD.fullmatch(word)
            if are_words and word not in (term, _SHORT.get(term)):
                yield f"{term[:60]!r} for {word[:60]!r}"


def _roots(path: Path, builder: CatalogueBuilder) -> list[tuple[str, object, bool]]:
    """Return place and root of each document, and whether its local ids are its own."""
    size = path.stat().st_size
    if size > _CAP_BYTES:
        raise InputError(
            f"{path} is {size:,} bytes, at most {_CAP_BYTES:,} are read as one document",
            hint="split it, or write it as CSV or Parquet",
        )
    try:
        data = read_regular(path, cap_bytes=_CAP_BYTES).removeprefix(b"\xef\xbb\xbf")
        whole = _decoded(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        lines = _lines(path, data, builder)
        if not lines:
            raise InputError(
                f"{path} is not JSON: {error}", hint="save it again, as UTF-8"
            ) from error
        return lines
    except RecursionError as error:
        raise InputError(f"{path} is nested too deeply", hint="give a flat @graph") from error
    if not isinstance(whole, list):
        return [("$", whole, True)]
    return [
        (f"$[{index}]", each, isinstance(each, dict) and "@context" in each)
        for index, each in enumerate(whole)
    ]


def _lines(path: Path, data: bytes, builder: CatalogueBuilder) -> list[tuple[str, object, bool]]:
    """Return a document a line; nothing if the first of several lines is none."""
    found: list[tuple[str, object, bool]] = []
    written = [(n, line) for n, line in enumerate(data.split(b"\n"), start=1) if line.strip()]
    for number, line in written if len(written) > 1 else ():
        try:
            found.append((f"line {number}", _decoded(line), True))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if not found:
                return []
            builder.leave_out("a line that is not JSON", f"{path}, line {number}")
    return found


def _decoded(data: bytes) -> object:
    root = msgspec.json.decode(data)
    for node in _nodes(root):
        _write_plainly(node)
    return root


def _nodes(root: object) -> Iterator[Node]:
    """Yield every object, the outer ones first."""
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _write_plainly(node: Node) -> None:
    """Take prefixes off the names of a node's properties, and wrappings off their values."""
    if any("schema" in name for name in node):
        items = list(node.items())
        node.clear()
        for name, value in items:
            node.setdefault(_SCHEMA.sub("", name), value)
    for short, name in _SHORT.items():
        if name not in node and isinstance(node.get(short), str | list):
            node[name] = node.pop(short)
    for name, value in node.items():
        if isinstance(value, dict) and len(value) == 1:
            node[name] = next((value[each] for each in _WRAPPINGS if each in value), value)
