"""What a page shows before anybody scrolls, in Chromium; and a box that is as full as one gets."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.running import Running
from tests.dashboard.addresses import PAGES, addresses
from tests.dashboard.browsing import LOOK, SMALL, WELL, Remote
from tests.dashboard.serving import Serving
from tests.dashboard.stress import HEBREW, LONG, VIEWINGS, crowd
from tests.dashboard.test_dashboard_pages import NEEDING_A_NAME

pytestmark = pytest.mark.deep

MOST_BYTES = 16_000
"""Of a page's HTML on a full box: at most a few times that of a fresh one, whatever is kept."""
ISOLATED = re.compile("\u2068[^\u2069]*\u2069")


def looks(
    browser: Any,  # noqa: ANN401
    serving: Serving,
    paths: list[str],
) -> Iterator[tuple[object, ...]]:
    """Yield pages on which something is out of sight, in the language with the longest words."""
    context = browser.new_context(viewport=SMALL, locale="de")
    remote = Remote(context.new_page())
    remote.open(serving.link())
    for path in paths:
        remote.page.goto(serving.origin + path)
        remote.settle()
        found = remote.page.evaluate(LOOK)
        if found != WELL:
            yield path, found
    context.close()


def test_a_fresh_box_shows_title_heading_and_control_before_anybody_scrolls(
    browser: Any,  # noqa: ANN401
    running: Running,
    serve: Callable[[Running], Serving],
) -> None:
    serving = serve(running)
    serving.enter()
    fresh = [path for path in PAGES if path not in NEEDING_A_NAME]
    assert list(looks(browser, serving, fresh)) == []
    serving.post("/private/start", minutes="60")
    assert list(looks(browser, serving, ["/private"])) == []


class _Names(HTMLParser):
    """Collects text with Hebrew letters that would turn what stands around it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.loose: list[str] = []
        self.found = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"input", "meta", "link", "path", "rect", "circle"}:
            self.open.append((tag, tag == "bdi" or dict(attrs).get("dir") == "auto"))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.found += "ה" in data
        apart = bool(self.open) and self.open[-1][1]
        if "ה" in ISOLATED.sub("", data) and not apart and self.open[-1][0] != "title":
            self.loose.append(data)


def test_a_full_box_is_still_a_pleasure(
    browser: Any,  # noqa: ANN401
    running: Running,
    serve: Callable[[Running], Serving],
) -> None:
    crowd(running)
    serving = serve(running)
    serving.enter()
    serving.post("/profiles/switch", name=HEBREW)
    serving.post("/profiles/switch", name="main")
    page = serving.get("/kept").text
    assert f"{VIEWINGS:,} viewings" in page
    titles = [
        html.unescape(link) for link in re.findall(r'id="viewing-[^"]+" href="([^"]+)"', page)[:4]
    ]
    paths = [*addresses(serving).values(), *titles]
    names = 0
    for path in [*paths, f"/profile?name={HEBREW}", f"/kept?search={HEBREW[:4]}"]:
        answer = serving.get(quote(path, safe="/?=&%+"))
        assert len(answer.body) <= MOST_BYTES, (path, len(answer.body))
        reader = _Names()
        reader.feed(answer.text)
        assert reader.loose == [], path
        names += reader.found
    assert names > 10
    assert LONG.strip() in html.unescape(serving.get(titles[0]).text)
    assert list(looks(browser, serving, paths)) == []
