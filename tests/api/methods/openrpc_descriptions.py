"""What the document says of parameters and fields: the docstrings below them in the source.

They stand in the source alone, so that the service does not keep them in memory.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import msgspec

__all__ = ["described", "descriptions", "plain"]


def descriptions(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Return the docstring of each field, by its name on the wire; inherited ones included."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("edgeagent."):
            found |= _own(base)
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    return {names[name]: text for name, text in found.items() if name in names}


def described(schema: dict[str, Any], kind: type) -> dict[str, Any]:
    """Return the JSON Schema of a type with a description at each of its properties."""
    schema = schema | {"description": plain(schema.get("description", ""))}
    if not issubclass(kind, msgspec.Struct):
        return schema
    texts = descriptions(kind)
    return schema | {
        "properties": {
            name: property_ | ({"description": texts[name]} if name in texts else {})
            for name, property_ in schema["properties"].items()
        }
    }


def plain(text: str) -> str:
    """Return a docstring in one line, its code in single backquotes and without roles."""
    return " ".join(text.replace(":class:", "").replace("``", "`").split())


def _own(kind: type) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            value = text.value if isinstance(text, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[field.target.id] = plain(value.value)
    return found
