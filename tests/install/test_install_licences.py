"""NOTICE lists the licence of everything that an installation contains, as its metadata say it."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from edgeagent.install.licences import normalized, spdx_licence
from edgeagent.install.native_libraries import NATIVE_LIBRARIES

NOTICE = (Path(__file__).parents[2] / "NOTICE").read_text("utf-8")
LISTED = dict(re.findall(r"^  ([\w./-]+) {2,}(\S.*)$", NOTICE, re.MULTILINE))
SEPARATE = {name: licence for name, licence in LISTED.items() if "/" not in name}
COMPILED_IN = {name: licence for name, licence in LISTED.items() if "/" in name}


OLDEST_PYTHON = {"python_version": "3.11", "python_full_version": "3.11.0"}
"""It needs all that a newer one needs, and more."""


def needed(python: dict[str, str]) -> set[str]:
    """Return the names of all distributions that ours needs with its extra ``service``."""
    found = {("edgeagent", ""), ("edgeagent", "service")}
    waiting = [*found]
    while waiting:
        name, extra = waiting.pop()
        for line in requirements(name):
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or marker.evaluate({**python, "extra": extra}):
                parts = {(normalized(requirement.name), x) for x in ("", *requirement.extras)}
                waiting += parts - found
                found |= parts
    return {name for name, _ in found} - {"edgeagent"}


def requirements(name: str) -> list[str]:
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:  # for another Python than this
        return []


INSTALLED = {name: spdx_licence(distribution(name)) for name in needed({})}


def test_every_licence_is_listed_as_its_metadata_say() -> None:
    listed = {name: SEPARATE.get(name, "not listed") for name in INSTALLED}
    assert listed == INSTALLED


def test_nothing_else_is_listed() -> None:
    assert set(SEPARATE) == needed(OLDEST_PYTHON)


def test_libraries_that_are_compiled_in_are_listed() -> None:
    assert {
        f"{native.within}/{native.name}": native.licence for native in NATIVE_LIBRARIES
    } == COMPILED_IN


@pytest.mark.parametrize("name", sorted(INSTALLED))
def test_somebody_has_looked_at_every_licence(name: str) -> None:
    assert INSTALLED[name], "read its licence and name it in edgeagent/install/licences.py"
