"""Light, dark and high contrast: what is legible in each, and who chooses."""

from __future__ import annotations

import re
from itertools import product

import pytest

from edgeagent.dashboard.colours import COLOURS
from edgeagent.dashboard.rendering import ASSETS
from tests.dashboard.serving import Serving

GROUNDS = ("ground", "surface", "raised", "hover")
TEXTS = ("text", "quiet", "accent", "danger", "warn")
PAIRS = [
    *product(TEXTS, GROUNDS),
    ("text", "glow"),
    ("quiet", "glow"),
    ("accent", "glow"),
    ("accent", "deep"),
    ("danger", "danger-deep"),
    ("ground", "accent"),  # while a page is on its way
]
"""Which colour stands on which."""
LEAST = {"dark": 4.5, "light": 4.5, "contrast": 7.0}
LEAST_OF_LINES = 3.0
"""WCAG 2.2, 1.4.11: what shows where the focus is, and pictures that tell something."""


def properties(name: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", ASSETS[name].decode()))


def palette(colours: str) -> dict[str, str]:
    """Return the value of each colour, the last style sheet's where several give one."""
    merged = properties("dashboard.css")
    for sheet, media in COLOURS[colours].sheets:
        merged |= properties(sheet) if media == "all" else {}
    return merged


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", LEAST)
def test_every_text_is_legible_on_every_ground(name: str) -> None:
    of = palette(name)
    found = {(one, other): contrast(of[one], of[other]) for one, other in PAIRS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < LEAST[name]} == {}


@pytest.mark.parametrize("name", LEAST)
def test_the_ring_and_pictures_stand_out(name: str) -> None:
    of = palette(name)
    pairs = [
        *product(("focus",), GROUNDS),
        *product(("accent", "other"), ("track", "surface")),
        ("accent", "off"),
        ("field", "ground"),
    ]
    found = {(one, other): contrast(of[one], of[other]) for one, other in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < LEAST_OF_LINES} == {}


def test_no_colour_stands_outside_a_palette() -> None:
    rules = ASSETS["dashboard.css"].decode().partition("*, *::before")[2]
    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[ ;,)])", rules) == []
    assert set(re.findall(r"var\(--([\w-]+)\)", rules)) <= set(
        re.findall(r"--([\w-]+):", ASSETS["dashboard.css"].decode())
    )
    dark = properties("dashboard.css").keys()
    for sheet in ("light.css", "contrast.css"):
        assert dark - properties(sheet).keys() == set(), sheet


def sheets(page: str) -> list[tuple[str, str]]:
    return re.findall(r'href="/static/(\w+\.css)\?[^"]*" media="([^"]+)"', page)


def test_the_device_decides_until_a_viewer_chooses(serving: Serving) -> None:
    assert sheets(serving.get("/").text) == list(COLOURS["device"].sheets)
    for name, colours in COLOURS.items():
        chosen = serving.post("/look/colours", colours=name)
        assert chosen.headers["location"] == "/look?done=look"
        serving.cookies["edgeagent_colours"] = name
        for path in ("/", "/nothing", f"/open?key={serving.sessions.link_key()}"):
            page = serving.get(path).text
            assert sheets(page) == list(colours.sheets), path
            assert f'name="color-scheme" content="{" ".join(colours.schemes)}"' in page
        look = serving.get("/look").text
        assert re.findall(r'id="colours-(\w+)" class="button current"', look) == [name]


def test_a_choice_is_the_browser_s_own_and_outlives_all_that_is_erased(serving: Serving) -> None:
    chosen = serving.post("/look/colours", colours="contrast").cookies
    assert any(
        re.fullmatch("edgeagent_colours=contrast; HttpOnly; Max-Age=31536000;.*", cookie)
        for cookie in chosen
    )
    serving.cookies["edgeagent_colours"] = "contrast"
    exported = serving.get("/download/edgeagent-export.json").text
    assert "contrast" not in exported
    serving.post("/erase/now", **erasing(serving))
    assert ("contrast.css", "all") in sheets(serving.get("/").text)


def erasing(serving: Serving) -> dict[str, str]:
    asked = serving.post("/erase/ask", scope="all", profile="").text
    return dict(re.findall(r'name="(scope|profile|confirm)" value="([^"]*)"', asked))


def test_colours_that_nobody_offers_change_nothing(serving: Serving) -> None:
    answer = serving.post("/look/colours", colours="../x")
    assert not any("edgeagent_colours" in cookie for cookie in answer.cookies)
    serving.cookies["edgeagent_colours"] = "../x"
    assert sheets(serving.get("/").text) == list(COLOURS["device"].sheets)
