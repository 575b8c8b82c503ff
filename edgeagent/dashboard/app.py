"""The dashboard as an ASGI application: paths, and what each request goes through."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from edgeagent.clock import DAY_SECONDS
from edgeagent.dashboard import (
    about,
    deleting,
    erasing,
    home,
    household,
    kept,
    left,
    lock,
    look,
    phone,
    promos,
    quarter,
    switches,
    thinks,
    titles,
    told,
)
from edgeagent.dashboard.box_client import BoxClient, Refused
from edgeagent.dashboard.colours import Colours, choose_colours
from edgeagent.dashboard.headers import SecurityHeaders
from edgeagent.dashboard.idle import Idle
from edgeagent.dashboard.page_request import Handler, PageRequest
from edgeagent.dashboard.rendering import ASSETS, render
from edgeagent.dashboard.request_checks import (
    COOKIE,
    RejectedRequest,
    check_host,
    check_origin,
    posted,
    session_of,
)
from edgeagent.dashboard.session import SESSION_SECONDS, BrowserSession, Sessions
from edgeagent.dashboard.texts import Said, Texts, choose_language, load_texts
from edgeagent.errors import ConsentRequired, EdgeAgentError, NetworkError, NoModel
from edgeagent.randomness import RandomSource

__all__ = ["ROUTES", "Dashboard"]

_LOG = logging.getLogger("edgeagent.dashboard")
_YEAR_SECONDS = 365 * DAY_SECONDS
_SAY_ALL = {f"trouble{kind.rpc_code}" for kind in (ConsentRequired, NoModel, NetworkError)}
"""Errors whose own text tells a viewer everything; others are followed by the box's words."""
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
ROUTES = (
    *home.ROUTES,
    *kept.ROUTES,
    *titles.ROUTES,
    *deleting.ROUTES,
    *told.ROUTES,
    *thinks.ROUTES,
    *left.ROUTES,
    *quarter.ROUTES,
    *promos.ROUTES,
    *switches.ROUTES,
    *household.ROUTES,
    *lock.ROUTES,
    *erasing.ROUTES,
    *about.ROUTES,
    *look.ROUTES,
    *phone.ROUTES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One dashboard of one box."""

    socket: Path
    language: str
    """The box's own, for browsers that do not say what they want."""
    sessions: Sessions
    idle: Idle
    random: RandomSource

    def app(self) -> Starlette:
        """Return the application."""
        routes = [
            Route(way.path, self._endpoint(way.handler), methods=[way.method]) for way in ROUTES
        ]
        return Starlette(
            routes=[
                *routes,
                Route("/open", self._open),
                Route("/static/{name}", _asset),
            ],
            middleware=[Middleware(SecurityHeaders)],
            exception_handlers={
                RejectedRequest: self._rejected,
                HTTPException: self._not_found,
                EdgeAgentError: self._failed,
            },
        )

    def _endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            session, form = await self._let_in(request)
            with self.idle.serving():
                async with BoxClient(self.socket) as box:
                    page_request = PageRequest(
                        path=request.url.path,
                        query=request.query_params,
                        form=form,
                        form_key=self.sessions.form_key(session),
                        texts=self._texts(request),
                        colours=_colours(request),
                        box=box,
                        random=self.random,
                    )
                    try:
                        response = await handler(page_request)
                    except Refused as refused:
                        response = await page_request.ask_pin(refused)
            self._keep(response, self.sessions.renewed(session))
            return response

        return serve

    async def _let_in(self, request: Request) -> tuple[BrowserSession, dict[str, str]]:
        check_host(request)
        session = session_of(request, self.sessions)
        self.idle.touch()
        if request.method != "POST":
            return session, {}
        check_origin(request)
        return session, await posted(request, session, self.sessions)

    async def _open(self, request: Request) -> Response:
        """Turn a link's key into a session.

        The next page is asked for by a page of ours: a browser that was sent here by another site
        would not show a strict cookie when it is merely redirected.
        """
        check_host(request)
        if not self.sessions.accepts_link(request.query_params.get("key", "")):
            raise RejectedRequest("locked")
        self.idle.touch()
        response = HTMLResponse(
            render("opening", t=self._texts(request), colours=_colours(request))
        )
        self._keep(response, self.sessions.begin())
        return response

    def _keep(self, response: Response, session: BrowserSession) -> None:
        response.set_cookie(
            COOKIE,
            self.sessions.cookie(session),
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
        )

    def _texts(self, request: Request) -> Texts:
        language = choose_language(
            request.cookies.get(look.LANGUAGE_COOKIE),
            request.headers.get("accept-language", ""),
            default=self.language,
        )
        return load_texts(language)

    async def _rejected(self, request: Request, error: Exception) -> Response:
        reason = error.reason if isinstance(error, RejectedRequest) else "foreign"
        return self._notice(request, reason, status_code=403)

    async def _not_found(self, request: Request, error: Exception) -> Response:
        status_code = error.status_code if isinstance(error, HTTPException) else 500
        return self._notice(request, "missing", status_code=status_code)

    async def _failed(self, request: Request, error: Exception) -> Response:
        """Say what the box said: the kind of trouble in the viewer's words, then its own."""
        _LOG.warning("%s %s", request.method, type(error).__name__)
        if not isinstance(error, Refused):
            return self._notice(request, "silent", status_code=503)
        texts = self._texts(request)
        kind = f"trouble{error.code}"
        here = f"{kind}{request.url.path.replace('/', '.')}"
        if f"{here}.title" in texts:
            return self._notice(request, here, status_code=400 if error.is_of_parameters else 503)
        if error.is_of_parameters:
            return self._notice(request, "missing", status_code=400)
        if f"{kind}.title" not in texts or not _is_its_code(error):
            kind = "trouble"
        return self._notice(
            request,
            kind,
            status_code=503,
            said=None if kind in _SAY_ALL else texts.said(str(error)),
        )

    def _notice(
        self, request: Request, reason: str, *, status_code: int, said: Said | None = None
    ) -> Response:
        content = render(
            "notice",
            t=self._texts(request),
            colours=_colours(request),
            reason=reason,
            said=said,
        )
        return HTMLResponse(content, status_code=status_code)


def _colours(request: Request) -> Colours:
    return choose_colours(request.cookies.get(look.COLOURS_COOKIE))


def _is_its_code(error: Refused) -> bool:
    """Say whether the text of an error's code is true of it: a model that fails is there."""
    return error.code != NoModel.rpc_code or isinstance(error.error, NoModel)


async def _asset(request: Request) -> Response:
    check_host(request)
    name = request.path_params["name"]
    if name not in ASSETS:
        return PlainTextResponse(status_code=404)
    return Response(
        ASSETS[name],
        media_type=_TYPES[Path(name).suffix],
        headers={"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"},
    )
