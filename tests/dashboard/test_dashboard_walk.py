"""Every page and every form, with a remote control's keys, in each size, language and colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgeagent.services.models.installation import InstallationStore
from tests.api.running import Running
from tests.dashboard.addresses import ACTIONS, addresses
from tests.dashboard.browsing import LOOK, PHONE, SMALL, TELEVISION, WELL, Remote
from tests.dashboard.serving import Serving

pytestmark = pytest.mark.deep

WALK = (Path(__file__).parent / "walk.js").read_text("utf-8")
DARK = {"color_scheme": "dark"}
LIGHT = {"color_scheme": "light"}
CONTRAST = {"contrast": "more"}
FORCED = {"forced_colors": "active"}
TELEVISIONS = {
    "english, large, dark": ("en", TELEVISION, DARK),
    "german, large, light": ("de", TELEVISION, LIGHT),
    "english, small, high contrast": ("en", SMALL, CONTRAST),
    "german, small, dark": ("de", SMALL, DARK),
}
COLOURS_ONLY: dict[str, tuple[str, ...]] = {
    "light": ("color-contrast",),
    "more": ("color-contrast-enhanced",),
}
"""Rules for ways that differ from others in colours; 4.5 : 1, and 7 : 1 in high contrast."""


def enter(browser: Any, living: Serving, way: tuple[str, Any, dict[str, str]]) -> Remote:  # noqa: ANN401
    """Open a page as one device would show it."""
    language, size, colours = way
    context = browser.new_context(viewport=size, locale=language, bypass_csp=True, **colours)
    remote = Remote(context.new_page())
    remote.open(living.link())
    return remote


def tabs(remote: Remote) -> set[str]:
    """Return what Tab leads to."""
    remote.page.evaluate("document.querySelector('a, button').focus()")
    found: list[str] = []
    while remote.focused not in {"", *found}:
        found.append(remote.focused)
        remote.press("Tab")
    return set(found)


@pytest.mark.parametrize("way", TELEVISIONS.values(), ids=TELEVISIONS)
def test_every_page_is_seen_reached_and_without_barriers(
    browser: Any,  # noqa: ANN401
    checker: str,
    living: Serving,
    way: tuple[str, Any, dict[str, str]],
) -> None:
    remote = enter(browser, living, way)
    faults: dict[str, object] = {}
    for path, address in addresses(living).items():
        answer = remote.page.goto(living.origin + address)
        assert answer.status == (404 if path == "/nothing" else 200), path
        remote.settle()
        look = remote.page.evaluate(LOOK)
        walked = remote.page.evaluate(WALK)
        apart = remote.controls() ^ set(walked["controls"]), remote.controls() ^ tabs(remote)
        barriers = remote.barriers(checker, *COLOURS_ONLY.get("".join(way[2].values()), ()))
        if (look, walked["faults"], apart, barriers) != (WELL, [], (set(), set()), []):
            faults[path] = look, walked["faults"], apart, barriers
    assert faults == {}
    remote.page.context.close()


def test_every_page_is_without_barriers_on_a_phone_in_colours_of_its_own(
    browser: Any,  # noqa: ANN401
    checker: str,
    living: Serving,
) -> None:
    remote = enter(browser, living, ("de", PHONE, FORCED))
    for path, address in addresses(living).items():
        remote.page.goto(living.origin + address)
        remote.settle()
        assert remote.barriers(checker) == [], path
    remote.page.context.close()


PIN = "258046"
FORMS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("/title", "hide", {}),
    ("/title", "hide", {}),
    ("/title", "exclude", {}),
    ("/title", "exclude", {}),
    ("/title", "forget", {}),
    ("/thinks", "again", {}),
    ("/promo", "hide-creative", {}),
    ("/promos", "unhide-1", {}),
    ("/switches", "switch-personalization", {}),
    ("/switches", "switch-personalization", {}),
    ("/switches", "switch-hints", {}),
    ("/private", "minutes-30", {}),
    ("/private", "stop", {}),
    ("/profiles", "kind-teen", {"name": "Tim"}),
    ("/profile", "limit-12", {}),
    ("/profile", "switch", {}),
    ("/profile", "rename", {"new_name": "Eve"}),
    ("/retention", "days-60", {}),
    ("/kept/delete", "part-hour", {}),
    ("/lock", "set", {"new_pin": PIN, "again": PIN}),
    ("/lock", "remove", {}),
    ("/model", "update", {}),
    ("/model", "rollback", {}),
    ("/look", "colours-light", {}),
    ("/look", "language-en", {}),
    ("/switches", "everything-off", {}),
    ("/erase", "erase-history", {}),
)
"""Each form once: on which page, its button, and what is typed; in an order that works."""


def keep_a_version_before(running: Running) -> None:
    """Let the box have two versions of its model, so that it can go back to one."""
    with running.box.open() as agent:
        store = InstallationStore(agent._home.ledger, running.box.directory / "models")
        current = store.load().current
        assert current is not None
        store.update(previous=msgspec.structs.replace(current, model_version="2020.01.01-000000"))


@pytest.mark.parametrize("name", ["german, large, light", "english, small, high contrast"])
def test_every_form_is_sent_by_keys_and_asks_before_it_deletes(
    browser: Any,  # noqa: ANN401
    checker: str,
    living: Serving,
    running: Running,
    name: str,
) -> None:
    remote = enter(browser, living, TELEVISIONS[name])
    keep_a_version_before(running)
    pages = addresses(living)
    sent: set[str] = set()
    for path, button, typed in FORMS:
        remote.page.goto(living.origin + pages[path])
        remote.settle()
        for field, text in typed.items():
            remote.page.focus(f"#{field}")
            remote.press("ControlOrMeta+a")
            remote.page.keyboard.type(text)
        sent |= _send(remote, button, checker)
    assert sent == ACTIONS
    remote.page.context.close()


def _send(remote: Remote, button: str, checker: str) -> set[str]:
    """Press a button; where a page asks once more, go back first, and then say yes."""
    here, sent = remote.place, {remote.action(button)}
    remote.arrive_by(button)
    if remote.page.query_selector("#no"):
        assert remote.focused == "no", button
        assert remote.page.evaluate(LOOK) == WELL, button
        assert remote.barriers(checker) == [], button
        remote.arrive_by("no")
        assert remote.place == here
        remote.arrive_by(button)
        sent.add(remote.action("yes"))
        remote.arrive_by("yes")
    elif remote.page.query_selector("#yes"):  # the profile lock's PIN
        assert remote.focused == "pin", button
        assert remote.barriers(checker) == [], button
        remote.page.keyboard.type(PIN)
        remote.arrive_by("yes")
    assert remote.page.query_selector(".done, #home"), f"{button} did nothing"
    return sent
