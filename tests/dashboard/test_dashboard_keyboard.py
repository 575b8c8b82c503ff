"""The dashboard in Chromium, by a remote control's keys alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgeagent.testing.publication import TITLE_IDS
from tests.api.running import Running
from tests.dashboard.browsing import PHONE, TELEVISION, Remote, axe, chromium
from tests.dashboard.conftest import furnish
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_promos import advertise

pytestmark = pytest.mark.deep

PAGES = [
    "/",
    "/kept",
    "/kept/days",
    "/kept/delete",
    "/marks",
    f"/title?id={TITLE_IDS[0]}",
    "/thinks",
    "/week",
    "/left",
    "REPORT",
    "DETAILS",
    "/left/example",
    "/quarter",
    "/switches",
    "/switches/record",
    "/private",
    "/profiles",
    "/profile?name=main",
    "/retention",
    "/download",
    "/erase",
    "/erase/profile",
    "/assessment",
    "/model",
    "/promos",
    "/promos/all",
    "/promo?id=aimed",
    "/language",
    "/nothing",
]
ASKED = [
    ("/switches", "#switch-promotion", ".promises"),
    ("/switches", "#switch-history", "#yes"),
    ("/switches", "#everything-off", "#yes"),
    ("/retention", "#days-7", "#yes"),
    ("/erase", "#erase-all", "#yes"),
]
"""Pages that ask once more: where from, by which control, and what is there then."""
_VISIBLE = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const style = getComputedStyle(document.activeElement);
  return {
    inside: box.top >= 0 && box.left >= 0 && box.right <= innerWidth &&
      (box.bottom <= innerHeight || box.height > innerHeight),
    ring: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 3,
  };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe(tmp_path_factory.mktemp("axe"))


@pytest.fixture
def living(running: Running, serve: Callable[[Running], Serving]) -> Serving:
    furnish(running)
    serving = serve(running)
    serving.enter()
    serving.post("/title/exclude", id=TITLE_IDS[1])
    advertise(running, "aimed", "plain", "third")
    serving.post("/promos/hide", what="creative", name="third")
    return serving


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


def address(living: Serving, remote: Remote, path: str) -> str:
    if path not in {"REPORT", "DETAILS"}:
        return living.origin + path
    remote.page.goto(f"{living.origin}/left")
    found: str = remote.page.locator(".reports .row").first.get_attribute("href")
    return living.origin + (found if path == "REPORT" else found.replace("report", "details"))


def test_every_control_of_every_page_is_reached_by_arrows_and_seen_to_be(
    living: Serving, remote: Remote
) -> None:
    for path in PAGES:
        remote.page.goto(address(living, remote, path))
        remote.settle()
        assert remote.page.evaluate(_VISIBLE) == {"inside": True, "ring": True}, path
        ways = remote.reachable()
        assert remote.controls() == ways.keys(), path
        for control, keys in ways.items():
            for key in keys:
                remote.press(key)
            assert remote.page.evaluate(_VISIBLE) == {"inside": True, "ring": True}, control
            remote.page.evaluate("id => document.getElementById(id).focus()", next(iter(ways)))


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


def barriers(remote: Remote, checker: str) -> list[object]:
    """Return what the accessibility checker finds, and whether the page scrolls sideways."""
    remote.page.evaluate(checker)
    result = remote.page.evaluate("axe.run(document)")
    faults = [(fault["id"], fault["nodes"][0]["html"]) for fault in result["violations"]]
    wide = remote.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*faults, *(["scrolls sideways"] if wide > 0 else [])]


@pytest.mark.parametrize("size", [TELEVISION, PHONE], ids=["television", "phone"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_barriers(
    browser: Any,  # noqa: ANN401
    checker: str,
    living: Serving,
    size: dict[str, int],
    language: str,
) -> None:
    context = browser.new_context(viewport=size, locale=language, bypass_csp=True)
    remote = Remote(context.new_page())
    remote.open(living.link())
    for path in PAGES:
        remote.page.goto(address(living, remote, path))
        remote.settle()
        assert not barriers(remote, checker), path
    for page, control, arrives_at in ASKED:
        remote.page.goto(living.origin + page)
        remote.settle()
        remote.page.click(control)
        remote.page.wait_for_selector(arrives_at)
        remote.settle()
        assert not barriers(remote, checker), control
    context.close()


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
