"""The page in Chromium: accessible, by itself on its host, and within narrow screens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server_stub.demo.segments import HIT
from server_stub.page.figures import PageFigures
from tests.dashboard.browsing import PHONE, axe, chromium
from tests.server_stub.page.given_page import TOKEN, Visitor, made_figures, visited

pytestmark = pytest.mark.deep

DESK = {"width": 1360, "height": 900}
PATHS = [
    "/page/",
    f"/page/segment/{HIT}",
    "/page/progress",
    "/page/service",
    "/page/segment/99",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe(tmp_path_factory.mktemp("axe"))


class Tab:
    """A page of the browser that counts what it asks of other hosts, and what it complains of."""

    def __init__(self, browser: Any, visitor: Visitor, **context: object) -> None:  # noqa: ANN401
        self.origin = visitor.origin
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self.page = browser.new_context(**context).new_page()
        self.page.on("request", self._asked)
        self.page.on("console", self._said)

    def _asked(self, request: Any) -> None:  # noqa: ANN401  (playwright may be absent)
        if not request.url.startswith((f"{self.origin}/", "data:")):
            self.foreign.append(request.url)

    def _said(self, message: Any) -> None:  # noqa: ANN401  (as above)
        if "Content Security Policy" in message.text or "Refused" in message.text:
            self.complaints.append(message.text)

    def enter(self) -> None:
        self.page.goto(f"{self.origin}/page/login")
        self.page.fill("#token", TOKEN)
        self.page.click("button")
        self.page.wait_for_url(f"{self.origin}/page/")

    def look_at(self, path: str, checker: str) -> list[str]:
        """Return what is wrong with a page."""
        self.page.goto(f"{self.origin}{path}")
        self.page.evaluate(checker)
        found = self.page.evaluate("axe.run(document)")
        wrong = [f"{path}: {one['id']}: {one['help']}" for one in found["violations"]]
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{path}: wider than the screen")
        return wrong


@pytest.mark.parametrize(("scheme", "viewport"), [("light", DESK), ("dark", PHONE)])
def test_every_view_is_accessible_fits_and_asks_nobody_else(
    browser: Any,  # noqa: ANN401  (playwright may be absent)
    visitor: Visitor,
    checker: str,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    tab = Tab(browser, visitor, viewport=viewport, color_scheme=scheme)
    wrong = tab.look_at("/page/login", checker)
    tab.enter()
    for path in PATHS:
        wrong += tab.look_at(path, checker)
    assert wrong == []
    assert tab.foreign == []
    assert tab.complaints == []


def test_what_is_held_back_and_what_is_not_there_yet_is_accessible_too(
    browser: Any,  # noqa: ANN401  (as above)
    tmp_path: Path,
    checker: str,
) -> None:
    few = made_figures(tmp_path, reports=300)
    for figures in (few, msgspec.structs.replace(few, quarters=())):
        with visited(tmp_path / str(len(figures.quarters)), figures) as visitor:
            tab = Tab(browser, visitor, viewport=PHONE)
            tab.enter()
            wrong = [
                fault
                for path in ("/page/", "/page/progress")
                for fault in tab.look_at(path, checker)
            ]
            assert wrong == []


def test_it_works_without_scripts_by_links_alone(
    browser: Any,  # noqa: ANN401  (as above)
    visitor: Visitor,
    figures: PageFigures,
) -> None:
    tab = Tab(browser, visitor, viewport=DESK, java_script_enabled=False)
    tab.enter()
    tab.page.click("text=Science fiction series, 2020s >> nth=0")
    tab.page.wait_for_url(f"**/page/segment/{HIT}?quarter={figures.quarters[0].task.epoch}")
    tab.page.click("text=all segments")
    tab.page.click("nav >> text=Service")
    tab.page.wait_for_url("**/page/service")
    tab.page.click("text=Log out")
    tab.page.wait_for_url("**/page/login")
