"""Arguments of the Python API: of the types that the hints say, or refused before anything is done.

A command line and a socket decode what comes in; a Python caller hands over whatever it has. What
``edgeagent`` exports is held to its own type hints here, in one place, so that no method needs
checks of its own, none can be forgotten, and what ``help()`` shows is what is enforced. Storing a
viewing takes some 40 microseconds more by it, beside a synced write of milliseconds.

The checks are in subclasses. The classes themselves stay as they are: the resident service, whose
callers' messages are decoded already, uses those, and pays neither memory nor time for the checks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import is_dataclass
from enum import Enum
from functools import cache, cached_property, partial, wraps
from pathlib import Path
from types import FunctionType, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from edgeagent.errors import InputError
from edgeagent.messages.codec import checked

__all__ = ["refusing_wrong_types"]

F = TypeVar("F", bound=Callable[..., Any])
Check = Callable[[object], object]


def refusing_wrong_types(of: F) -> F:
    """Return a function, or a class with its parts, whose public methods are held to their hints.

    A part is what a public cached property of the class returns. Where a hint says ``Path``, text
    is taken too; a message made by hand is checked field by field. An argument that does not fit is
    an :class:`InputError` that names method, argument and type.
    """
    if isinstance(of, type):
        return cast("F", _checking_class(of))
    return cast("F", _checking(of))


@cache
def _checking_class(cls: type) -> type:
    members = {name: _member(of) for name, of in vars(cls).items() if not name.startswith("_")}
    its_own = {"__doc__", "__module__", "__qualname__"}  # help() and messages show no difference
    names = {name: getattr(cls, name) for name in its_own}
    return type(cls.__name__, (cls,), {"__slots__": ()} | names | members)


def _member(member: object) -> object:
    if isinstance(member, classmethod):
        return classmethod(_checking(member.__func__))
    if isinstance(member, cached_property):
        return cached_property(_handing_out(member.func))
    if isinstance(member, FunctionType) and _takes_arguments(member):
        return _checking(member)
    return member


def _handing_out(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(make)
    def checking_part(owner: object) -> object:
        part = make(owner)
        part.__class__ = _checking_class(type(part))  # type: ignore[arg-type]  # a class can be hashed
        return part

    return checking_part


def _takes_arguments(method: FunctionType) -> bool:
    return method.__code__.co_argcount + method.__code__.co_kwonlyargcount > 1


def _checking(method: Callable[..., Any]) -> Callable[..., Any]:
    names = method.__code__.co_varnames[: method.__code__.co_argcount]
    checks: dict[str, Check] = {}  # made at the first call: what hints name may be heavy to load

    def sound(name: str, value: object) -> object:
        if name not in checks:
            return value
        try:
            return checks[name](value)
        except (msgspec.ValidationError, TypeError) as error:
            raise _refusal(method, name, error) from error

    @wraps(method)
    def checking(*args: Any, **named: Any) -> Any:  # noqa: ANN401  (any method's)
        if not checks:
            checks.update(_checks(method))
        if len(args) > len(names):
            return method(*args, **named)  # Python says what is wrong with that
        return method(
            *map(sound, names, args), **{name: sound(name, value) for name, value in named.items()}
        )

    return checking


def _checks(of: Callable[..., Any]) -> dict[str, Check]:
    """Return the check of each argument of a function, or of each field of a data class."""
    return {name: _check(hint) for name, hint in get_type_hints(of, include_extras=True).items()}


def _refusal(method: Callable[..., Any], name: str, error: Exception) -> InputError:
    choices = ", ".join(map(str, _choices(get_type_hints(method)[name])))
    return InputError(
        f"{method.__qualname__}: {name}: {error}",
        hint=f"one of: {choices}" if choices else f"pass {method.__annotations__[name]}",
    )


def _check(kind: Any) -> Check:  # noqa: ANN401  (a type hint)
    """Return what lets an argument of a kind through, and raises for any other.

    A check raises ``TypeError`` or ``msgspec.ValidationError``.
    """
    if kind is Path:
        return _path
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        # Where a path is taken, text names one, and is nothing beside it.
        unlike_path = {NoneType, str} if Path in inner else {NoneType}
        checks = [_check(one) for one in inner if one not in unlike_path]
        return partial(_one_of, checks, optional=NoneType in inner)
    if origin not in {None, Annotated, Literal}:  # the abstract class of a collection, or Callable
        return partial(_each, origin, _check(inner[0]) if issubclass(origin, Collection) else None)
    if isinstance(kind, type) and not issubclass(kind, int | str):
        return _instance_check(kind)
    return partial(_plain, kind)


def _instance_check(kind: type) -> Check:
    if getattr(kind, "_is_protocol", False):  # satisfied by whatever has its methods
        return partial(_with_methods, kind)
    if is_dataclass(kind):
        return partial(_with_fields, kind, _checks(kind))
    return partial(_instance, kind)


def _plain(kind: Any, value: object) -> object:  # noqa: ANN401  (a type hint)
    """Let a number, text, a choice or nothing through, within the range that its hint gives."""
    # msgspec reads the type at each call, which takes longer than the rest of the check.
    sound: object = value if type(value) is kind else msgspec.convert(value, kind)
    if isinstance(sound, str) and not sound.isascii():
        try:
            sound.encode()
        except UnicodeEncodeError as error:
            message = f"{sound!a} is no text: it holds half of a surrogate pair"
            raise TypeError(message) from error
    return sound


def _path(value: object) -> object:
    if not isinstance(value, str):
        return _instance(Path, value)
    if not value or "\0" in value:
        message = f"{value!r} names no file"
        raise TypeError(message)
    return Path(value)


def _one_of(checks: Sequence[Check], value: object, *, optional: bool) -> object:
    if optional and value is None:
        return None
    for check in checks[:-1]:
        with suppress(TypeError, msgspec.ValidationError):
            return check(value)
    return checks[-1](value)


def _each(kind: type, check: Check | None, value: object) -> object:
    _instance(kind, value)
    if check is not None:
        for one in cast("Collection[object]", value):
            check(one)
    return value


def _instance(kind: type, value: object) -> object:
    """Let an instance through; text is no sequence here, and no letter of it a title."""
    if not isinstance(value, kind) or isinstance(value, str | bytes | bytearray):
        raise _other(kind, value)
    return checked(value) if isinstance(value, msgspec.Struct) else value


def _with_methods(kind: type, value: object) -> object:
    if all(hasattr(value, name) for name in vars(kind) if not name.startswith("_")):
        return value
    raise _other(kind, value)


def _with_fields(kind: type, checks: dict[str, Check], value: object) -> object:
    _instance(kind, value)
    for name, check in checks.items():
        try:
            check(getattr(value, name))
        except (msgspec.ValidationError, TypeError) as error:
            message = f"{kind.__name__}: {name}: {error}"
            raise TypeError(message) from error
    return value


def _other(kind: type, value: object) -> TypeError:
    return TypeError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")


def _choices(kind: Any) -> Iterator[object]:  # noqa: ANN401  (a type hint)
    """Yield the values among which a type lets choose, if it is of that sort."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        yield from (member.value for member in kind)
    elif get_origin(kind) is Literal:
        yield from get_args(kind)
    else:
        for one in get_args(kind):
            yield from _choices(one)
