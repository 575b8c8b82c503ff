"""Rules of the house that no linter knows, read off the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("edgeagent", "model_export", "server_stub")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in SOURCES]
PRINTING = (
    "edgeagent/cli/",
    "edgeagent/command_group.py",
    "edgeagent/stage_progress.py",
    "edgeagent/start.py",
    "model_export/cli",
    "server_stub/cli",
)
"""The rooms that talk to a terminal."""
VAGUE = {"common", "helpers", "misc", "util", "utils"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def calls(module: ast.Module) -> Iterator[str]:
    """Names that are called, without what stands before the last dot."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


def mentions(module: ast.Module, name: str) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.ImportFrom) and any(a.name == name for a in node.names))
        for node in ast.walk(module)
    )


def imported(path: Path) -> set[str]:
    return {
        alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def test_the_packages_are_found() -> None:
    assert {name.split("/")[0] for name in NAMES} == set(PACKAGES)


def offenders(paths: list[Path], breaks: Callable[[Path], object]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths if breaks(path)]


def long_functions(path: Path) -> list[str]:
    return [
        node.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 80
    ]


def test_files_and_functions_stay_small() -> None:
    everything = [*SOURCES, *TESTS]
    assert not offenders(everything, lambda path: len(path.read_text("utf-8").splitlines()) > 400)
    assert not offenders(everything, long_functions)


def test_a_class_name_means_one_thing_in_the_whole_house() -> None:
    places: dict[str, list[str]] = {}
    for name, path in zip(NAMES, SOURCES, strict=True):
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name.lstrip("_"), []).append(name)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_nothing_rests_on_assert() -> None:
    # ``python -O`` removes assertions; a check that may vanish is none.
    assert not offenders(
        SOURCES, lambda path: any(isinstance(node, ast.Assert) for node in ast.walk(tree(path)))
    )


def test_only_doors_print() -> None:
    inside = [path for path in SOURCES if not str(path.relative_to(ROOT)).startswith(PRINTING)]
    assert not offenders(inside, lambda path: {"print", "echo", "secho"} & set(calls(tree(path))))


def test_annotations_are_postponed() -> None:
    line = "from __future__ import annotations\n"
    code = [path for path in SOURCES if tree(path).body[1:]]
    assert not offenders(code, lambda path: line not in path.read_text("utf-8"))


def test_only_the_consent_gate_mints_grants() -> None:
    minting = {
        name
        for name, path in zip(NAMES, SOURCES, strict=True)
        if mentions(tree(path), "mint_grant")
    }
    assert minting == {"edgeagent/services/consent_gate.py"}


def test_nothing_on_a_box_makes_a_grant_by_hand() -> None:
    making = {
        name
        for name, path in zip(NAMES, SOURCES, strict=True)
        if "Grant" in set(calls(tree(path))) and not name.startswith("edgeagent/testing/")
    }
    assert making == {"edgeagent/consent.py"}


def test_a_clock_is_told_what_is_known_by_one_store_alone() -> None:
    telling = {
        name for name, path in zip(NAMES, SOURCES, strict=True) if mentions(tree(path), "take_in")
    }
    assert telling == {
        "edgeagent/services/models/installation.py",
        "edgeagent/services/timekeeping/device_clock.py",
    }


def reads_stores(path: Path) -> bool:
    """Whether a file reads the stores behind an agent, under whatever name."""
    read = " ".join(ast.unparse(n) for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute))
    stores = {"HistoryStore", "Home", "LedgerStore"} & imported(path)
    return bool(stores or re.search(r"\bagent\._?(home|box)\b|\.ledger\b", read))


def test_front_ends_call_the_agent_and_never_its_stores() -> None:
    front_ends = tuple(f"edgeagent/{room}/" for room in ("api", "cli", "dashboard", "simulator"))
    there = [path for path in SOURCES if str(path.relative_to(ROOT)).startswith(front_ends)]
    assert len(there) > 100
    assert not offenders(there, reads_stores)
    assert reads_stores(ROOT / "edgeagent/services/upkeep/stores.py")  # it is what they call


def test_no_room_is_named_vaguely() -> None:
    assert not offenders(SOURCES, lambda path: VAGUE & {*path.parts[len(ROOT.parts) :], path.stem})


def test_tests_replace_nothing_behind_the_scenes_and_wait_for_nobody() -> None:
    assert not offenders(TESTS, lambda path: {"mock", "unittest.mock", "patch"} & imported(path))
    assert not offenders(TESTS, lambda path: "sleep" in set(calls(tree(path))))


def test_no_two_test_files_share_a_name() -> None:
    names = [path.name for path in TESTS if path.name.startswith("test_")]
    assert len(names) == len(set(names))


def test_every_dependency_says_what_it_is_for() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8").split("[project.scripts]")[0]
    lines = re.findall(r'^.*"(?!edgeagent\[)[a-z0-9-]+[<>=!~][^"]*".*$', project, re.MULTILINE)
    required = [line for line in lines if not line.startswith(("requires", "version"))]
    assert len(required) > 20
    for line in required:
        assert re.search(r"# \S.{4,}", line), line
