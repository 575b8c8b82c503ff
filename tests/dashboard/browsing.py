"""Chromium as a television would use it: a window, a keyboard with arrows, no network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
TELEVISION = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}
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
def chromium() -> Iterator[Browser]:
    """Start a browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_SWITCHES)
        try:
            yield browser
        finally:
            browser.close()


def television(browser: Browser, *, language: str = "en", **options: object) -> BrowserContext:
    """Return a fresh profile on a television."""
    return browser.new_context(
        viewport={"width": 1920, "height": 1080},
        locale=language,
        **options,  # type: ignore[arg-type]
    )


def enter(page: Page, link: str) -> None:
    """Follow a link and wait for the first page."""
    page.goto(link)
    page.wait_for_url("**/")
    page.wait_for_selector(".tiles")
