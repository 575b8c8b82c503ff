"""Promos and ads on the dashboard: what was shown, why, and how to stop it."""

from __future__ import annotations

import html
import re

import pytest

from edgeagent.messages import sha256_hex
from edgeagent.messages.creatives import CreativeAsset
from edgeagent.promotion.rules import asset_path
from edgeagent.testing.creatives import (
    install_creatives,
    picture_of,
    some_catalogue,
    some_creative,
    some_variant,
)
from tests.api.running import Running
from tests.dashboard.advertising import advertise
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_pages import told

NAMES = ("aimed", "plain", "third")


def show(running: Running, *names: str) -> None:
    with running.line() as manager:
        for name in names:
            manager.result("EdgeAgent.shown", {"crid": name})
            running.box.clock.advance(60)


@pytest.fixture
def advertising(running: Running, serving: Serving) -> Serving:
    advertise(running, *NAMES)
    serving.enter()
    serving.post("/switches/grant", purpose="promotion", sure="yes")
    show(running, *NAMES)
    return serving


def test_an_empty_page_says_why_and_what_one_can_do(running: Running, serving: Serving) -> None:
    assert "No promos or ads yet" in told(serving.get("/promos").text)
    advertise(running, *NAMES)
    serving.enter()
    show(running, "aimed")
    page = serving.get("/promos").text
    assert "Your taste plays no part and nothing is noted" in told(page)
    assert 'id="way-out" href="/switches"' in page
    serving.post("/switches/grant", purpose="promotion", sure="yes")
    assert "Nothing was shown yet" in told(serving.get("/promos").text)
    serving.post("/profiles/create", name="Kim", kind="kid")
    serving.post("/profiles/switch", name="Kim")
    child = serving.get("/promos").text
    assert "made for children" in told(child)
    assert "way-out" not in child


def test_the_log_is_told_latest_first_and_paged(running: Running, advertising: Serving) -> None:
    page = told(advertising.get("/promos").text)
    assert page.index("The third") < page.index("The plain") < page.index("The aimed")
    show(running, *["plain"] * 7)
    first = advertising.get("/promos").text
    assert first.count('id="showing-') == 8
    older = html.unescape(re.search(r'id="older" href="([^"]+)"', first)[1])  # type: ignore[index]
    second = advertising.get(older).text
    assert second.count('id="showing-') == 2
    assert 'class="back" href="/promos"' in second
    assert advertising.get("/promos?row=nonsense").status == 400
    assert (
        'class="back" href="/promos?row=8"'
        in advertising.get("/promo?id=plain&from=%2Fpromos%3Frow%3D8").text
    )
    assert (
        'class="back" href="/promos"'
        in advertising.get("/promo?id=plain&from=%2F%2Felsewhere").text
    )


def test_what_is_for_older_people_has_no_page_and_no_picture(
    running: Running, serving: Serving
) -> None:
    advertise(running, *NAMES)
    with running.box.open() as agent:
        start = running.box.clock.now()
        late = some_creative("late", starts_at=start + 60, age_rating=18)
        install_creatives(agent, some_catalogue(late, some_creative("plain", starts_at=start)))
    serving.enter()
    assert "The late" in told(serving.get("/promos/all").text)
    serving.post("/profiles/limit", name="main", limit="12")
    page = told(serving.get("/promos/all").text)
    assert "The plain" in page
    assert "The late" not in page
    assert serving.get("/promo?id=late").status == 404
    assert serving.get("/promo/picture?id=late").status == 404


def test_why_it_was_shown_is_said_in_the_viewers_words(advertising: Serving) -> None:
    page = told(advertising.get("/promo?id=aimed").text)
    assert "what this box sees in you: segment 0" in page
    assert "weighs 2 times as much" in page
    assert "Your taste plays no part" in told(advertising.get("/promo?id=plain").text)
    assert advertising.get("/promo?id=nothing").status == 404


@pytest.mark.parametrize(
    ("what", "name", "left"),
    [
        ("creative", "aimed", {"plain", "third"}),
        ("category", "kind-1", {"aimed", "third"}),
        ("advertiser", "acme", set()),
    ],
)
def test_it_is_hidden_and_comes_back(
    running: Running, advertising: Serving, what: str, name: str, left: set[str]
) -> None:
    def may_be_shown() -> set[str]:
        with running.line() as manager:
            creatives = manager.result("EdgeAgent.promotions")["creatives"]
        return {each["crid"] for each in creatives if each["whyNot"] is None}

    hidden = advertising.post("/promos/hide", what=what, name=name, id="plain")
    assert "It is hidden." in told(advertising.get(hidden.headers["location"]).text)
    assert may_be_shown() == left
    page = advertising.get("/promos").text
    assert "unhide-1" in page
    back = advertising.post("/promos/unhide", what=what, name=name)
    assert "It may be shown again." in told(advertising.get(back.headers["location"]).text)
    assert may_be_shown() == set(NAMES)
    assert "Nothing. Choose a promo" in told(advertising.get("/promos").text)


def test_everything_that_may_be_shown_is_listed_with_how_it_stands(advertising: Serving) -> None:
    advertising.post("/promos/hide", what="creative", name="plain")
    page = advertising.get("/promos/all").text
    assert (page.count('chip on">may be shown<'), page.count('chip">hidden by you<')) == (2, 1)


def test_the_picture_is_the_one_on_the_box(running: Running, advertising: Serving) -> None:
    picture = advertising.get("/promo/picture?id=plain")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.body == picture_of("plain")
    assert advertising.get("/promo/picture?id=nothing").status == 404
    for path in (running.box.directory / "models" / "targets").glob("*.jpg"):
        path.unlink()
    assert advertising.get("/promo/picture?id=plain").status == 404
    assert "<img" not in advertising.get("/promo?id=plain").text


def test_a_trailer_is_a_clip_that_waits_for_its_viewer(running: Running, serving: Serving) -> None:
    data = picture_of("clip")
    asset = CreativeAsset(
        path=asset_path(sha256_hex(data), "video/webm"),
        sha256=sha256_hex(data),
        length_bytes=len(data),
        media_type="video/webm",
    )
    start = running.box.clock.now()
    clip = some_variant("clip", "t:01", 0, starts_at=start, kind="trailer", asset=asset)
    with running.box.open() as agent:
        install_creatives(agent, some_catalogue(clip, space_id="0" * 16))
    serving.enter()
    page = serving.get("/promo?id=clip").text
    assert "<img" not in page
    [video] = re.findall(r"<video [^>]*>", page)
    assert "controls" in video
    assert "autoplay" not in video
    file = serving.get(html.unescape(re.search(r' src="([^"]+)"', video)[1]))  # type: ignore[index]
    assert (file.headers["content-type"], file.body) == ("video/webm", data)


def test_a_promo_that_is_not_shown_now_is_not_said_to_fit(advertising: Serving) -> None:
    fits = "it fits the place and the time"
    assert fits in told(advertising.get("/promo?id=plain").text)
    advertising.post("/promos/hide", what="creative", name="plain")
    page = told(advertising.get("/promo?id=plain").text)
    assert fits not in page
    assert "How it stands here: hidden by you." in page


def test_what_is_gone_from_the_catalogue_stays_in_the_log(
    running: Running, advertising: Serving
) -> None:
    advertise(running, "another")
    page = advertising.get("/promos").text
    assert told(page).count("no longer in this box") == 3
    assert "/promo?id=plain" not in page
