"""What the façade returns, under the names that Firebolt's clients expect."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["camel", "camel_name"]


def camel(value: object) -> Any:  # noqa: ANN401  (any JSON)
    """Return a value of the façade as JSON, its fields named in camelCase."""
    return _renamed(msgspec.to_builtins(value))


def camel_name(name: str) -> str:
    """Return a field's name as the API spells it."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _renamed(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    if isinstance(value, dict):
        return {camel_name(key): _renamed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(item) for item in value]
    return value
