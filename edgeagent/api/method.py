"""What a method is: its name, who may call it, what it takes and gives, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from edgeagent.api.call import Call

__all__ = ["Caller", "Event", "Facade", "Loose", "Method", "Nothing", "Shape", "own"]


class Caller(IntEnum):
    """Classes of caller; a higher one may do whatever a lower one may."""

    APP = 1
    """Any local client: tells what was watched, reads switches, and narrows them."""
    MANAGE = 2
    """Acts for the household: an allowed user on the unix socket, or who holds the token."""

    @property
    def label(self) -> str:
        """The name in the OpenRPC document."""
        return self.name.lower()


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of what our own methods take and give: camelCase, closed."""


class Loose(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of what Firebolt methods take: later SDKs may send more than we know."""


class Nothing(Loose, frozen=True, kw_only=True):
    """No parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facade:
    """A type of the façade, as the API shows it: the command line's JSON, in camelCase.

    It is named, not imported: the document needs it, the resident process does not.
    """

    module: str
    name: str
    or_null: bool = False
    as_it_is: bool = False
    """Not renamed: it is a document of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the API."""

    name: str
    caller: Caller
    """The least class that may call it."""
    run: Callable[[Call, Any], Any]
    """Runs in a thread; its docstring's first line is the summary."""
    params: type[msgspec.Struct] = Nothing
    takes_a_list: bool = False
    """``run`` gets a list; clients send one set of parameters, or an array of such objects."""
    result: Any = None
    """Type of what it returns, or a :class:`Facade`, for the document."""
    result_name: str = "result"
    lane: Literal["quick", "slow", "alone"] = "quick"
    """``slow``: waits for a child, never in the way of a viewing; ``alone``: while nothing else
    works on the stores."""
    first: Callable[[Call], Any] | None = None
    """What it does on the network, before ``run`` and in a thread that nothing else waits for; what
    it returns is handed to ``run`` in the place of parameters."""

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


def own(name: str, run: Callable[[Call, Any], Any], **facts: Any) -> Method:
    """Return a method of our own module, which is a manager's unless ``facts`` say otherwise."""
    given: dict[str, Any] = {"caller": Caller.MANAGE} | facts
    return Method(name=f"EdgeAgent.{name}", run=run, **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that clients can listen to, as Firebolt does: ``Module.onSomethingChanged``."""

    name: str
    caller: Caller
    summary: str
    value: Any
    """Type of what listeners receive."""
