"""Language and colours: what each browser remembers for itself, for a year."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.clock import DAY_SECONDS
from edgeagent.dashboard.colours import COLOURS
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.dashboard.texts import LANGUAGES

__all__ = ["COLOURS_COOKIE", "LANGUAGE_COOKIE", "ROUTES"]

LANGUAGE_COOKIE = "edgeagent_language"
COLOURS_COOKIE = "edgeagent_colours"
_YEAR_SECONDS = 365 * DAY_SECONDS


async def _look(request: PageRequest) -> Response:
    return await request.page("look", choices=tuple(COLOURS))


async def _set_language(request: PageRequest) -> Response:
    return _chosen(request, LANGUAGE_COOKIE, request.form.get("language", ""), LANGUAGES)


async def _set_colours(request: PageRequest) -> Response:
    return _chosen(request, COLOURS_COOKIE, request.form.get("colours", ""), tuple(COLOURS))


def _chosen(request: PageRequest, cookie: str, value: str, choices: tuple[str, ...]) -> Response:
    """Remember a choice; one that nobody offered changes nothing."""
    response = request.go("/look", done="look")
    if value in choices:
        response.set_cookie(cookie, value, max_age=_YEAR_SECONDS, httponly=True, samesite="strict")
    return response


ROUTES = (
    Route(path="/look", handler=_look),
    Route(path="/look/language", handler=_set_language, method="POST"),
    Route(path="/look/colours", handler=_set_colours, method="POST"),
)
