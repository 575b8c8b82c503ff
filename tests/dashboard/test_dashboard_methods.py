"""The dashboard is a client: what it asks for is what the service answers."""

from __future__ import annotations

import ast
from pathlib import Path

import edgeagent.dashboard
from edgeagent.api.methods.registry import METHODS

ROOM = Path(edgeagent.dashboard.__file__).parent


def asked() -> set[str]:
    calls = (
        node
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"ask", "ask_if_any", "ask_raw", "tell"}
    )
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


def test_every_method_that_a_page_names_is_one_of_the_service() -> None:
    names = asked()
    assert len(names) > 20
    assert {f"EdgeAgent.{name}" for name in names} <= {method.name for method in METHODS}
