"""Chromium as a television would use it: a screen, a keyboard with arrows, no network."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
HOW_CHROMIUM = (
    "needs Chromium and Playwright: apt-get install chromium; pip install -e '.[browser]'"
)
HOW_AXE = "needs npm for axe-core: apt-get install nodejs npm"
_TRIES = 4
TELEVISION = {"width": 1920, "height": 1080}
SMALL = {"width": 1280, "height": 720}
"""As large a television with fewer pixels."""
PHONE = {"width": 390, "height": 844}
LOOK = (HERE / "first_look.js").read_text("utf-8")
WELL = {
    "scrolled": 0,
    "title": True,
    "heading": True,
    "control": True,
    "focus": True,
    "safe": True,
    "sideways": 0,
    "legible": True,
}
"""What ``LOOK`` finds on a page that is as it should be."""
_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a browser without a window; skip where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason=HOW_CHROMIUM)
    program = shutil.which("chromium")
    if program is None:
        pytest.skip(HOW_CHROMIUM)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=_SWITCHES)
        try:
            yield browser
        finally:
            browser.close()


def axe(directory: Path) -> str:
    """Return the accessibility checker's script, installed into ``directory``."""
    if shutil.which("npm") is None:
        pytest.skip(HOW_AXE)
    shutil.copy(HERE / "package.json", directory)
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run(command, cwd=directory, check=True, timeout=300)
    return (directory / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


class Remote:
    """A page, and a remote control that points at it."""

    def __init__(self, page: Any) -> None:  # noqa: ANN401  (playwright may be absent)
        self.page = page

    def open(self, link: str) -> None:
        """Follow a link and wait for the first page."""
        self.page.goto(link)
        self.page.wait_for_selector(".tiles")
        self.settle()

    def settle(self) -> None:
        """Wait until something has the focus, as it has on every page that has arrived."""
        self.page.wait_for_selector(":focus")

    @property
    def focused(self) -> str:
        found: str = self.page.evaluate("document.activeElement.id")
        return found

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def go_to(self, control: str) -> None:
        """Move to a control by arrows alone.

        Groups remember what was last focused in them, so a way that was tried may end elsewhere in
        the group when it is gone for good; from there it is looked for once more.
        """
        for _ in range(_TRIES):
            ways = self.reachable()
            assert control in ways, f"{control} cannot be reached from {self.focused}"
            for key in ways[control]:
                self.press(key)
            if self.focused == control:
                return
        assert self.focused == control

    def reachable(self) -> dict[str, list[str]]:
        """Return every control that arrows lead to from here, with the way."""
        start = self.focused
        ways: dict[str, list[str]] = {start: []}
        waiting = [start]
        while waiting:
            here = waiting.pop(0)
            for key in ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"):
                self.page.evaluate("id => document.getElementById(id).focus()", here)
                self.press(key)
                there = self.focused
                if there and there not in ways:
                    ways[there] = [*ways[here], key]
                    waiting.append(there)
        self.page.evaluate("id => document.getElementById(id).focus()", start)
        return ways

    def ok(self, arrives_at: str) -> None:
        """Press OK and wait until a selector is there."""
        self.press("Enter")
        self.page.wait_for_selector(arrives_at)
        self.settle()

    def back(self, arrives_at: str) -> None:
        self.press("Escape")
        self.page.wait_for_selector(arrives_at)
        self.settle()

    @property
    def place(self) -> str:
        """Where the page says that it is; htmx keeps the address bar as it was."""
        found: str = self.page.evaluate("document.getElementById('main').dataset.place || ''")
        return found

    def action(self, button: str) -> str:
        """Return where a button's form is posted to."""
        found: str = self.page.evaluate(
            "id => new URL(document.getElementById(id).form.action).pathname", button
        )
        return found

    def arrive_by(self, control: str) -> None:
        """Give a control the focus, press OK and wait for the next page."""
        self.page.focus(f"#{control}")
        self.page.evaluate("document.getElementById('main').dataset.old = ''")
        self.press("Enter")
        self.page.wait_for_selector("#main:not([data-old])")
        self.settle()

    def barriers(self, checker: str, *rules: str) -> list[object]:
        """Return what the accessibility checker finds, and whether the page scrolls sideways.

        Args:
            checker: its script.
            rules: what it looks for; all that it does by itself unless given.

        """
        self.page.evaluate(checker)
        options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
        result = self.page.evaluate("options => axe.run(document, options)", options)
        faults = [(fault["id"], fault["nodes"][0]["html"]) for fault in result["violations"]]
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return [*faults, *(["scrolls sideways"] if wide > 0 else [])]

    def controls(self) -> set[str]:
        """Return everything on the page that can be operated."""
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('a, button, input:not([type=hidden]), [tabindex]')]"
            ".map(control => control.id)"
        )
        assert all(found), "a control has no id"
        assert len(found) == len(set(found)), "two controls share an id"
        return set(found)
