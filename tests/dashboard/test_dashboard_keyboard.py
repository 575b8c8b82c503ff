"""The dashboard in Chromium, by a remote control's keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgeagent.testing.publication import TITLE_IDS
from tests.api.running import Running
from tests.dashboard.browsing import TELEVISION, Remote
from tests.dashboard.serving import Serving

pytestmark = pytest.mark.deep


@pytest.fixture
def remote(browser: Any, living: Serving) -> Iterator[Remote]:  # noqa: ANN401
    context = browser.new_context(viewport=TELEVISION, locale="en")
    strange: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: strange.append(str(error)))
    page.on("console", lambda said: strange.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(living.origin) else strange.append(asked.url),
    )
    remote = Remote(page)
    remote.open(living.link())
    yield remote
    context.close()
    assert not [line for line in strange if "404" not in line]


def test_back_leads_up_from_everywhere_and_comes_back_to_where_one_was(remote: Remote) -> None:
    remote.go_to("tile-send")
    remote.ok(".reports")
    remote.ok("#details")
    remote.ok("#bytes")
    remote.back("#details")
    remote.back(".reports")
    assert remote.focused.startswith("report-")
    remote.press("Backspace")
    remote.page.wait_for_selector(".tiles")
    remote.settle()
    assert remote.focused == "tile-send"


def test_a_switch_is_granted_and_withdrawn(remote: Remote) -> None:
    remote.go_to("tile-switch")
    remote.ok(".switch")
    remote.go_to("switch-promotion")
    remote.ok(".promises")
    assert remote.focused == "no"
    remote.back(".switch")
    assert remote.focused == "switch-promotion"
    remote.ok(".promises")
    remote.go_to("yes")
    remote.ok(".done")
    assert remote.focused == "switch-promotion"
    assert remote.page.locator(".switch.granted").count() == 4
    remote.press("Enter")
    remote.page.wait_for_selector(".switch:not(.granted)")
    assert remote.page.locator(".switch.granted").count() == 3


def test_everything_is_switched_off_from_the_first_page(remote: Remote, running: Running) -> None:
    remote.go_to("everything-off")
    remote.ok("#yes")
    assert remote.focused == "no"
    remote.back(".tiles")
    remote.go_to("everything-off")
    remote.ok("#yes")
    remote.go_to("yes")
    remote.ok(".done")
    assert remote.page.locator(".switch.granted").count() == 0
    with running.line() as manager:
        assert manager.result("EdgeAgent.history")["count"] == 0


def test_a_history_is_not_deleted_by_one_press(remote: Remote, running: Running) -> None:
    remote.go_to("tile-switch")
    remote.ok(".switch")
    remote.go_to("switch-history")
    remote.ok("#yes")
    assert remote.focused == "no"
    with running.line() as manager:
        assert manager.result("EdgeAgent.history")["count"] == 15
    remote.go_to("yes")
    remote.ok(".done")
    with running.line() as manager:
        assert manager.result("EdgeAgent.history")["count"] == 0


def test_a_private_session_begins_and_ends(remote: Remote) -> None:
    remote.go_to("tile-moon")
    remote.ok("#minutes-60")
    remote.go_to("minutes-60")
    remote.ok(".timer")
    assert "60 minutes left" in remote.page.inner_text(".timer")
    remote.go_to("stop")
    remote.press("Enter")
    remote.page.wait_for_selector(".timer", state="detached")


def test_the_last_minute_of_a_private_session_is_one_minute(
    living: Serving, remote: Remote
) -> None:
    living.post("/private/start", minutes="30")
    remote.page.clock.install()
    remote.page.goto(f"{living.origin}/private")
    for passed, left in (("28:00", "2 minutes left"), ("01:00", "1 minute left")):
        remote.page.clock.fast_forward(passed)
        assert remote.page.inner_text(".timer") == left


def test_a_title_is_found_and_forgotten(remote: Remote, running: Running) -> None:
    remote.go_to("tile-list")
    remote.ok("#search")
    remote.go_to("search")
    remote.page.keyboard.type(TITLE_IDS[3])
    remote.page.wait_for_selector("#viewings li:only-child .row")
    remote.go_to("viewing-" + remote.page.locator("#viewings .row").get_attribute("id")[8:])
    remote.ok("#forget")
    remote.go_to("forget")
    remote.ok("#no")
    assert remote.focused == "no"
    remote.go_to("yes")
    remote.ok(".done")
    with running.line() as manager:
        assert manager.result("EdgeAgent.history")["count"] == 14


def test_everything_is_downloaded(remote: Remote) -> None:
    remote.go_to("tile-download")
    remote.ok("#download")
    with remote.page.expect_download() as downloading:
        remote.press("Enter")
    assert downloading.value.suggested_filename == "edgeagent-export.json"
    assert TITLE_IDS[0] in Path(downloading.value.path()).read_text("utf-8")


def test_everything_is_erased_in_two_steps(remote: Remote, running: Running) -> None:
    remote.go_to("tile-bin")
    remote.ok("#erase-all")
    remote.go_to("erase-all")
    remote.ok("#yes")
    remote.back("#erase-all")
    remote.go_to("erase-all")
    remote.ok("#yes")
    remote.go_to("yes")
    remote.ok("#home")
    remote.ok(".tiles")
    with running.line() as manager:
        assert manager.result("EdgeAgent.history")["count"] == 0
        assert not any(p["granted"] for p in manager.result("EdgeAgent.consent")["purposes"])


def test_the_browser_keeps_nothing_of_a_page(living: Serving, remote: Remote) -> None:
    before = remote.page.evaluate("history.length")
    remote.go_to("tile-list")
    remote.ok("#search")
    remote.go_to("search")
    remote.page.keyboard.type(TITLE_IDS[3])
    remote.page.wait_for_selector("#viewings li:only-child .row")
    remote.go_to(str(remote.page.locator("#viewings .row").get_attribute("id")))
    remote.ok("#hide")
    remote.ok(".done")
    kept = remote.page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert kept == '[{},{"htmx-current-path-for-history":"/"}]'
    # no address with a title or a search in it reaches the browser's history
    assert remote.page.url == f"{living.origin}/"
    assert remote.page.evaluate("history.length") == before


def test_without_javascript_links_and_forms_do(browser: Any, living: Serving) -> None:  # noqa: ANN401
    context = browser.new_context(viewport=TELEVISION, java_script_enabled=False)
    page = context.new_page()
    page.goto(living.link())
    page.wait_for_selector("#tile-switch")  # by the page's own refresh
    page.click("#tile-switch")
    page.click("#switch-promotion")
    page.click("#yes")
    page.wait_for_selector(".done")
    page.wait_for_selector("#record")  # the end of the page
    assert page.locator(".switch.granted").count() == 4
    context.close()
