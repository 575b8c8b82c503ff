"""What a method is: its name, who may call it, what it takes and gives, and what it does."""

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
"""``slow``: waits for a child, never in the way of a viewing; ``alone``: while nothing else works
on the stores."""
P = TypeVar("P", bound=msgspec.Struct)
F = TypeVar("F")


class Loose(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of what Firebolt methods take: later SDKs may send more than we know."""


class Nothing(Loose, frozen=True, kw_only=True):
    """No parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the API; the functions below see to it that ``run`` takes ``params``."""

    name: str
    caller: Caller
    """The least class that may call it."""
    run: Callable[..., object]
    """Runs in a thread; the first line of its docstring is the summary, and the type it returns is
    what the document says of the answer."""
    params: type[msgspec.Struct] = Nothing
    takes_a_list: bool = False
    """``run`` gets a sequence; clients send one set of parameters, or an array of such objects."""
    result_name: str = "result"
    mode: RunMode = "quick"
    first: Callable[[Call], object] | None = None
    """What it does on the network, before ``run`` and in a thread that nothing else waits for; what
    it returns is handed to ``run`` in the place of parameters."""

    @property
    def summary(self) -> str:
        """What it does, in one line."""
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
    """Return a method of our own module, which is a manager's unless ``caller`` says otherwise."""
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
    """Return a method of our own module, a manager's, that begins on the network."""
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
    """Return a method that every local client may call for several things at once."""
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
    """Something that clients can listen to, as Firebolt does: ``Module.onSomethingChanged``."""

    name: str
    caller: Caller
    summary: str
    value: object
    """Type of what listeners receive."""
