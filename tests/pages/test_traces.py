"""The ways of data that the agent's page draws are those of the code, and lead down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import grimp
import pytest

ROOTS = ("edgeagent", "model_export", "server_stub")
GUIDE = Path(__file__).parents[2] / "edgeagent" / "README.md"
SECTION = re.compile(r"^## How data travels.*?^```\n(.*?)^```", re.MULTILINE | re.DOTALL)


def ways() -> list[tuple[tuple[str, ...], ...]]:
    """Each way, in stretches between which there is no import."""
    found = SECTION.search(GUIDE.read_text("utf-8"))
    assert found
    drawn = re.split(r"\n\n", re.sub(r"^\S.*\n", "", found[1], flags=re.MULTILINE))
    return [
        tuple(
            tuple(full_name(one.strip()) for one in stretch.split("→"))
            for stretch in way.split("⇢")
        )
        for way in drawn
    ]


def full_name(name: str) -> str:
    return name if name.partition(".")[0] in ROOTS else f"edgeagent.{name}"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    built = grimp.build_graph(*ROOTS, cache_dir=None)
    built.remove_import(importer="edgeagent", imported="edgeagent.agent")  # lazy, by __getattr__
    return built


def imports(graph: grimp.ImportGraph, importer: str) -> Iterator[str]:
    """What a module imports, where a room hands it on from there too."""
    for imported in graph.find_modules_directly_imported_by(importer):
        yield imported
        if graph.find_children(imported):
            yield from graph.find_modules_directly_imported_by(imported)


def test_each_of_the_four_ways_is_drawn() -> None:
    assert len(ways()) == 7
    assert sum(len(stretch) for way in ways() for stretch in way) > 50


def test_each_arrow_is_an_import(graph: grimp.ImportGraph) -> None:
    missing = [
        f"{above} → {below}"
        for way in ways()
        for stretch in way
        for above, below in pairwise(stretch)
        if below not in imports(graph, above)
    ]
    assert not missing


def test_no_way_leads_back_up(graph: grimp.ImportGraph) -> None:
    # What a stretch ends at may be known on the other side too: a protocol, the type of a message.
    ends = {stretch[-1] for way in ways() for stretch in way[:-1]}
    back = [
        f"{below} → {above}"
        for way in ways()
        for above, below in combinations([module for stretch in way for module in stretch], 2)
        if above not in ends and graph.chain_exists(importer=below, imported=above)
    ]
    assert not back
