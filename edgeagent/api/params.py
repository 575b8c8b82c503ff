"""Parameters as clients write them: absent, by name, by position, or a list of objects."""

from __future__ import annotations

import msgspec

from edgeagent.api.method import Method
from edgeagent.errors import InputError

__all__ = ["Given", "read_params"]

Given = list[object] | dict[str, object]


def read_params(method: Method, given: Given) -> msgspec.Struct | tuple[msgspec.Struct, ...]:
    """Return the parameters of ``method``: a tuple where it takes a list.

    Raises:
        InputError: a parameter is missing, unknown or wrong; the message has its path.

    """
    if method.takes_a_list:
        objects = [item for item in given if isinstance(item, dict)]
        if objects and len(objects) == len(given):
            return tuple(_converted(method, item) for item in objects)
        return (_converted(method, _by_name(method, given)),)
    return _converted(method, _by_name(method, given))


def _by_name(method: Method, given: Given) -> dict[str, object]:
    if isinstance(given, dict):
        return given
    names = [field.encode_name for field in msgspec.structs.fields(method.params)]
    if len(given) > len(names):
        raise InputError(
            f"{method.name} takes {len(names)} parameters, {len(given)} were given",
            hint="rpc.discover describes every method",
        )
    return dict(zip(names, given, strict=False))


def _converted(method: Method, given: dict[str, object]) -> msgspec.Struct:
    try:
        return msgspec.convert(given, method.params)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{method.name}: {error}", hint="rpc.discover describes every method"
        ) from error
