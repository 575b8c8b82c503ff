"""The type hints of the Python API resolve, whatever is loaded on use only."""

from __future__ import annotations

import inspect
import subprocess
import sys
import typing
from collections.abc import Iterator

import edgeagent
from edgeagent.agent import Agent

STORES = ("edgeagent.store.connection", "edgeagent.store.database", "edgeagent.store.home")
"""Behind the parts of an agent: no caller of it is handed one."""


def classes(hint: object) -> Iterator[type]:
    if isinstance(hint, type) and hint.__module__.startswith("edgeagent"):
        yield hint
    for inner in typing.get_args(hint):
        yield from classes(inner)


def functions(cls: type) -> Iterator[object]:
    for name, member in vars(cls).items():
        found = getattr(
            member, "__func__", getattr(member, "fget", getattr(member, "func", member))
        )
        if not name.startswith("_") and inspect.isfunction(found):
            yield found


def test_every_public_hint_and_those_of_what_is_returned_resolve() -> None:
    waiting: list[type] = [Agent, edgeagent.Agent]
    seen: set[type] = set()
    while waiting:
        cls = waiting.pop()
        if cls in seen or cls.__module__ in STORES:
            continue
        seen.add(cls)
        for hint in typing.get_type_hints(cls).values():
            waiting.extend(classes(hint))
        for function in functions(cls):
            waiting.extend(classes(typing.get_type_hints(function)["return"]))
    assert {"Ranking", "Preview", "Sending", "Imported", "Fetched"} <= {c.__name__ for c in seen}
    assert len(seen) > 80


def test_what_is_named_in_hints_is_not_loaded_by_importing() -> None:
    heavy = ("edgeagent.network.transport", "edgeagent.services.upkeep.portability", "ssl", "tuf")
    program = f"import sys, edgeagent.agent; print([n for n in {heavy} if n in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert answer.stdout.strip() == b"[]"
