"""Text for a phone: nothing of anybody's history is in a code, and a camera can read it."""

from __future__ import annotations

import html
import io
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from edgeagent.config import Config
from edgeagent.dashboard.phone import TOPICS
from edgeagent.dashboard.texts import LANGUAGES
from edgeagent.services.models.release_watch import ReleaseWatch
from edgeagent.testing.publication import TITLE_IDS
from tests.api.running import Running, ServiceThread
from tests.dashboard.advertising import advertise
from tests.dashboard.browsing import PHONE, SMALL, TELEVISION, Remote
from tests.dashboard.conftest import furnish
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_releases import change, seen

MOST_BYTES = 1000
"""Of a text: 113 squares a side, nearly 4 pixels each at 1280 × 720."""


def listed(running: Running) -> None:
    """Let the box have a model, and know the list of all that was published."""
    with running.line() as manager:
        manager.result("EdgeAgent.updateModel")
    change(running, releases=ReleaseWatch(seen=seen(running)))


def text_of(page: str) -> str:
    """Return what the page shows as the code's text: its title, and the lines beside it."""
    (title,) = re.findall(r"<h1[^>]*>(.*?)</h1>", page)
    return html.unescape("\n".join([title, *re.findall(r'<p dir="auto">(.*?)</p>', page)]))


def codes(serving: Serving) -> dict[tuple[str, str], tuple[str, bytes]]:
    """Return each text and its picture, by language and topic."""
    found = {}
    for language in LANGUAGES:
        asking = {"Accept-Language": language}
        for topic in TOPICS:
            page = serving.get(f"/phone?about={topic}", **asking)
            code = serving.get(f"/phone/code?about={topic}", **asking)
            found[language, topic] = (text_of(page.text), code.body)
    return found


def test_no_code_holds_anything_of_a_history_or_a_profile(
    running: Running, serving: Serving
) -> None:
    listed(running)
    before = codes(serving)
    change(running, releases=ReleaseWatch())  # what is fetched next has no list
    furnish(running)
    serving.enter()
    serving.post("/title/exclude", id=TITLE_IDS[1])
    serving.post("/profiles/create", name="Ada", kind="adult")
    advertise(running, "aimed", "plain")
    change(running, releases=ReleaseWatch(seen=seen(running)))
    serving.enter()
    assert codes(serving) == before
    serving.post("/profiles/switch", name="Ada")
    assert codes(serving) == before


def test_each_topic_has_its_text_and_leads_back_to_its_page(
    running: Running, serving: Serving
) -> None:
    listed(running)
    for (language, topic), (text, code) in codes(serving).items():
        assert "\n" in text, (language, topic)
        assert len(text.encode()) <= MOST_BYTES, (language, topic)
        assert code.startswith(b"\x89PNG"), (language, topic)
    for topic, (_, belongs_to) in TOPICS.items():
        page = serving.get(f"/phone?about={topic}").text
        assert f'id="back" class="back" href="{belongs_to}"' in page
        chosen = re.findall(r'current" aria-current="page" data-first id="about-(\w+)"', page)
        assert chosen == [topic]
        there = "/switches" if belongs_to == "/lock" else belongs_to
        assert 'id="phone"' in serving.get(there).text


def test_who_is_asked_for_a_forgotten_pin_is_shown_the_way_out(serving: Serving) -> None:
    assert 'id="phone"' not in serving.get("/lock").text
    serving.post("/lock/set", new_pin="258046", again="258046")
    assert 'href="/phone?about=lock"' in serving.get("/lock").text
    asked = serving.post("/switches/grant", purpose="history", sure="yes")
    assert 'href="/phone?about=lock"' in asked.text
    assert "“Erase” and then “Everything”" in text_of(serving.get("/phone?about=lock").text)


def test_what_nobody_offers_is_missing(serving: Serving) -> None:
    for path in ("/phone", "/phone?about=kept", "/phone/code?about=", "/phone?about=releases"):
        assert serving.get(path).status == 404, path


@pytest.mark.deep
def test_code_and_text_fit_a_television_whatever_they_are_about(
    browser: Any,  # noqa: ANN401
    services: ServiceThread,
    serve: Callable[[Running], Serving],
) -> None:
    host = ".".join(["a" * 63] * 3 + ["example"])
    running = services.start(name="far", config=Config(server_url=f"https://{host}"))
    listed(running)
    serving = serve(running)
    too_tall = []
    for language, size, colours in itertools.product(LANGUAGES, (SMALL, TELEVISION), LOOKS):
        context = browser.new_context(viewport=size, locale=language, **colours)
        remote = Remote(context.new_page())
        remote.open(serving.link())
        for topic in TOPICS:
            remote.page.goto(f"{serving.origin}/phone?about={topic}")
            remote.page.wait_for_function("document.querySelector('.qr').naturalWidth")
            assert topic != "reporting" or host in remote.page.content()
            more = remote.page.evaluate("document.documentElement.scrollHeight - innerHeight")
            too_tall += [(language, size, colours, topic, more)] if more > 0 else []
        context.close()
    assert too_tall == []


LOOKS = (
    *({"color_scheme": "dark"}, {"color_scheme": "light"}),
    *({"contrast": "more"}, {"forced_colors": "active"}),
)
SCREENS = (
    (SMALL, {"color_scheme": "light"}, tuple(TOPICS)),
    (TELEVISION, {"color_scheme": "dark"}, ("reporting",)),  # the longest text
    (TELEVISION, {"contrast": "more"}, ("reporting",)),
    (PHONE, {"forced_colors": "active"}, ("reporting",)),
)


@pytest.mark.deep
def test_a_camera_reads_the_codes_off_the_screen(
    browser: Any,  # noqa: ANN401
    running: Running,
    serve: Callable[[Running], Serving],
) -> None:
    reader = pytest.importorskip("zxingcpp", reason="needs zxing-cpp: pip install -e '.[browser]'")
    listed(running)
    serving = serve(running)
    for size, colours, topics in SCREENS:
        context = browser.new_context(viewport=size, locale="de", **colours)
        remote = Remote(context.new_page())
        remote.open(serving.link())
        for topic in topics:
            remote.page.goto(f"{serving.origin}/phone?about={topic}")
            remote.page.wait_for_function("document.querySelector('.qr').naturalWidth")
            screen = Image.open(io.BytesIO(remote.page.screenshot(full_page=size == PHONE)))
            (code,) = reader.read_barcodes(screen)
            assert code.text == text_of(remote.page.content()), topic
        context.close()
