"""Every page says what the code says, and leads nowhere that is not there."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import click
import pytest

from edgeagent.cli.root import cli
from edgeagent.dashboard.app import ROUTES
from tests.pages.found import ROOT, Page, pages
from tests.pages.made import rewritten

MOST_LINES = 250
"""Of the README: who reads more than that before running anything?"""
ALL = {page.path: page for page in pages()}
each_page = pytest.mark.parametrize("page", ALL.values(), ids=lambda page: page.name)
README = ALL[ROOT / "README.md"]


@each_page
def test_made_blocks_are_those_that_the_code_makes(page: Page) -> None:
    assert rewritten(page) == page.text, "run: python -m tests.pages"


@each_page
def test_links_lead_to_what_is_there(page: Page) -> None:
    lost = []
    for link in page.links():
        parts = urlsplit(link)
        target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        if parts.scheme:
            continue  # another site
        if not target.exists():
            lost.append(link)
        elif parts.fragment and target in ALL:
            anchors = {heading.anchor for heading in ALL[target].headings}
            lost += [] if parts.fragment in anchors else [link]
    assert not lost


@each_page
def test_a_page_has_one_title(page: Page) -> None:
    assert [heading.level for heading in page.headings].count(1) == 1
    assert page.headings[0].level == 1


def test_the_readme_is_short() -> None:
    assert len(README.text.splitlines()) <= MOST_LINES


def test_every_command_has_its_help_on_the_page_of_the_command_line() -> None:
    text = ALL[ROOT / "edgeagent" / "cli" / "README.md"].text
    nouns = cli.list_commands(click.Context(cli))
    assert [name for name in nouns if f"$ edgeagent {name} --help" not in text] == []


def test_every_page_of_the_dashboard_stands_in_its_table() -> None:
    text = ALL[ROOT / "edgeagent" / "dashboard" / "README.md"].text
    shown = [way.path for way in ROUTES if way.method == "GET" and "." not in way.path]
    assert [path for path in shown if f"`{path}`" not in text] == []


def test_every_environment_variable_is_on_the_page_of_the_command_line() -> None:
    sources = [
        path
        for place in ("edgeagent", "model_export", "server_stub", "tests", ".ci")
        for path in (ROOT / place).rglob("*")
        if path.suffix == ".py" or path.name == "launcher"
    ]
    read = re.compile(r"""["'](EDGEAGENT_[A-Z_]+)["']""")
    named = {name for path in sources for name in read.findall(path.read_text("utf-8"))}
    made_up = {"EDGEAGENT_KEY"}  # a secret of the scorers' tests
    text = ALL[ROOT / "edgeagent" / "cli" / "README.md"].text
    assert len(named) > 5
    assert {name for name in named if f"`{name}`" not in text} <= made_up


@pytest.mark.parametrize("package", ["edgeagent", "model_export", "server_stub"])
def test_every_package_and_room_stands_on_the_map(package: str) -> None:
    rooms = [package] + [
        f"{package}/{path.name}"
        for path in (ROOT / package).iterdir()
        if path.is_dir() and any(path.glob("*.py"))
    ]
    shown = README.text
    assert [room for room in rooms if f"`{room}" not in shown] == []
