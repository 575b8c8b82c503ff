"""A method of the API: name, least class of caller, parameters, answer, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec

from edgeagent.api.caller import Caller

if TYPE_CHECKING:
    from edgeagent.api.call import Call

__all__ = [
    "Event",
    "Loose",
    "Method",
    "Nothing",
    "RunMode",
    "fetching",
    "for_apps",
    "for_apps_listed",
    "own",
]

RunMode = Literal["quick", "slow", "alone"]
"""``slow``: on the thread that waits for the scoring child, so that viewings do not wait for it;
``alone``: while nothing else uses the stores."""
P = TypeVar("P", bound=msgspec.Struct)
F = TypeVar("F")


class Loose(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of the parameters of Firebolt methods: unknown ones, of later SDKs, are ignored."""


class Nothing(Loose, frozen=True, kw_only=True):
    """No parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method; the functions below ensure that ``run`` takes ``params``."""

    name: str
    caller: Caller
    """The lowest class of caller that may call it."""
    run: Callable[..., object]
    """Runs in a thread. The first line of its docstring is the summary in the OpenRPC document, its
    return type the schema of the answer."""
    params: type[msgspec.Struct] = Nothing
    takes_a_list: bool = False
    """``run`` takes a sequence; clients send one set of parameters, or an array of such objects."""
    result_name: str = "result"
    mode: RunMode = "quick"
    first: Callable[[Call], object] | None = None
    """The part on the network: runs before ``run``, on a thread of its own; its result replaces the
    parameters of ``run``."""

    @property
    def summary(self) -> str:
        """The first line of the docstring of ``run``."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


def own(
    name: str,
    run: Callable[[Call, P], object],
    params: type[P],
    *,
    result_name: str = "result",
    caller: Caller = Caller.MANAGE,
    mode: RunMode = "quick",
) -> Method:
    """Return a method of the module ``EdgeAgent``, for managers unless ``caller`` differs."""
    return Method(
        name=f"EdgeAgent.{name}",
        caller=caller,
        run=run,
        params=params,
        result_name=result_name,
        mode=mode,
    )


def fetching(
    name: str, first: Callable[[Call], F], run: Callable[[Call, F], object], *, result_name: str
) -> Method:
    """Return a method of the module ``EdgeAgent``, for managers, that begins on the network."""
    return Method(
        name=f"EdgeAgent.{name}",
        caller=Caller.MANAGE,
        run=run,
        result_name=result_name,
        mode="slow",
        first=first,
    )


def for_apps(
    name: str, run: Callable[[Call, P], object], params: type[P], *, result_name: str = "result"
) -> Method:
    """Return a method that every local client may call."""
    return Method(name=name, caller=Caller.APP, run=run, params=params, result_name=result_name)


def for_apps_listed(
    name: str, run: Callable[[Call, Sequence[P]], object], params: type[P], *, result_name: str
) -> Method:
    """Return a method that every local client may call with one object or a list of them."""
    return Method(
        name=name,
        caller=Caller.APP,
        run=run,
        params=params,
        takes_a_list=True,
        result_name=result_name,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event that clients can subscribe to: ``Module.onSomethingChanged``, as in Firebolt."""

    name: str
    caller: Caller
    summary: str
    value: object
    """Type of its value."""
