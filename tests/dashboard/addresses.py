"""Every page of the dashboard, from its own table of routes: a new one joins by itself."""

from __future__ import annotations

import html
import re

from edgeagent.dashboard.app import ROUTES
from edgeagent.testing.publication import TITLE_IDS
from tests.dashboard.serving import Serving

__all__ = ["ACTIONS", "PAGES", "addresses"]

_FILES = {"/download/edgeagent-export.json", "/left/bytes", "/promo/picture", "/phone/code"}
"""What a browser saves or shows inside a page."""
_NAMED = {
    "/title": f"/title?id={TITLE_IDS[0]}",
    "/profile": "/profile?name=Ada",
    "/promo": "/promo?id=aimed",
    "/phone": "/phone?about=reporting",
}
"""Pages about one thing need its name; without one a walk finds that they are missing."""
PAGES = [way.path for way in ROUTES if way.method == "GET" and way.path not in _FILES]
ACTIONS = {way.path for way in ROUTES if way.method == "POST"}


def addresses(serving: Serving) -> dict[str, str]:
    """Return where each page is, on a box as ``living`` leaves it; and one that is nowhere."""
    listed = html.unescape(serving.get("/left").text)
    found = re.search(r'href="(/left/report\?id=\w+)"', listed)
    assert found is not None
    reports = {path: found[1].replace("/left/report", path) for path in PAGES if "/left/" in path}
    return {
        **{path: path for path in PAGES},
        **_NAMED,
        "/left/report": reports["/left/report"],
        "/left/details": reports["/left/details"],
        "/nothing": "/nothing",
    }
