"""What the dashboard asks is what the API answers: each name with its type and its parameters."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import msgspec
import pytest

from edgeagent import dashboard
from edgeagent.api.methods.registry import find_method

SOURCES = sorted(Path(dashboard.__path__[0]).glob("*.py"))
OF_DEEDS = ("hide", "unhide", "exclude", "include", "forget")
"""Asked by one call, by the name of the page that was posted to."""


def questions() -> Iterator[tuple[str, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"ask", "ask_if_any", "ask_raw", "tell"}
                and "name" not in {ast.unparse(argument) for argument in node.args}
            ):
                yield path.stem, node


@pytest.mark.parametrize(
    ("page", "call"), list(questions()), ids=lambda part: part if isinstance(part, str) else ""
)
def test_each_question_is_asked_as_it_is_answered(page: str, call: ast.Call) -> None:
    assert isinstance(call.func, ast.Attribute)
    name = call.args[0]
    names = [str(name.value)] if isinstance(name, ast.Constant) else OF_DEEDS
    for method in (find_method(f"EdgeAgent.{asked}") for asked in names):
        assert method is not None
        known = {field.encode_name for field in msgspec.structs.fields(method.params)}
        assert {keyword.arg for keyword in call.keywords} <= known
        if call.func.attr in {"ask", "ask_if_any"}:
            module = importlib.import_module(f"edgeagent.dashboard.{page}")
            kind = eval(ast.unparse(call.args[1]), vars(module))  # noqa: S307  (our own source)
            answered = get_type_hints(method.run)["return"]
            assert (kind if call.func.attr == "ask" else kind | None) == answered


def test_the_questions_are_found() -> None:
    assert len(list(questions())) > 40
