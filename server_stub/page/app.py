"""The page as routes of the server: who is let in, and what each path shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from edgeagent.clock import Clock
from edgeagent.messages import ReportTask
from edgeagent.messages.server_address import LOCAL_HOSTS
from edgeagent.randomness import SystemRandomSource
from server_stub.distribution.published_tasks import published_tasks
from server_stub.page.access import SESSION_SECONDS, OperatorSession, PageAccess, page_token
from server_stub.page.answer_headers import PageHeaders
from server_stub.page.audience import audience_page
from server_stub.page.figures import PageFigures
from server_stub.page.health import ServerHealth
from server_stub.page.keeper import FigureKeeper, in_another_process
from server_stub.page.progress import progress_page
from server_stub.page.rendering import PREFIX, STYLE, render
from server_stub.page.segment import segment_page
from server_stub.page.service import service_page
from server_stub.page.tables import audience_csv, progress_csv, segment_csv

__all__ = ["COOKIE", "OperatorPage", "open_page"]

COOKIE = "edgeagent_operator"
_FORM_LIMIT_BYTES = 4096
_YEAR_SECONDS = 365 * 86_400
_Made = str | tuple[str, str] | None
"""A page, a table and its file name, or ``None``: there is no such thing."""
_View = Callable[[Request, PageFigures, dict[str, object]], _Made]


class _CategoryConvertor(IntegerConvertor):
    """Of Starlette's own, which takes any number of digits, Python reads only 4,300."""

    regex = "[0-9]{1,3}"


register_url_convertor("category", _CategoryConvertor())


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPage:
    """The page of one server. It reads, and changes nothing."""

    access: PageAccess
    keeper: FigureKeeper
    health: Callable[[], ServerHealth]
    task: ReportTask
    """The newest."""
    clock: Clock

    def routes(self) -> Mount:
        """Return everything below ``/page``."""
        views: dict[str, _View] = {
            "/": self._audience,
            "/audience.csv": self._audience_csv,
            "/segment/{category:category}": self._segment,
            "/segment/{category:category}.csv": self._segment_csv,
            "/brief/{category:category}": self._brief,
            "/progress": self._progress,
            "/progress.csv": self._progress_csv,
            "/service": self._service,
        }
        return Mount(
            PREFIX,
            app=Starlette(
                routes=[
                    Route("/login", self._login_form),
                    Route("/login", self._login, methods=["POST"]),
                    Route("/logout", self._logout, methods=["POST"]),
                    Route("/page.css", _style),
                    *(Route(path, self._endpoint(view)) for path, view in views.items()),
                ],
                middleware=[Middleware(PageHeaders)],
                exception_handlers={HTTPException: _refused},
            ),
        )

    def _endpoint(self, view: _View) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            session = self._session(request)
            if session is None:
                return RedirectResponse(f"{PREFIX}/login", status_code=HTTPStatus.SEE_OTHER)
            figures = await self.keeper.latest()
            frame: dict[str, object] = {
                "form_key": session.form_key,
                "trouble": self.keeper.trouble,
            }
            if figures is None:
                content = render("counting", view="", **frame)
                return HTMLResponse(content, status_code=HTTPStatus.SERVICE_UNAVAILABLE)
            # Off the event loop, which goes on taking reports.
            made = await run_in_threadpool(view, request, figures, frame)
            if made is None:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            return HTMLResponse(made) if isinstance(made, str) else _download(*made)

        return serve

    def _session(self, request: Request) -> OperatorSession | None:
        return self.access.find(request.cookies.get(COOKIE, ""))

    async def _login_form(self, _request: Request) -> Response:
        return HTMLResponse(render("login", view="", wrong=False))

    async def _login(self, request: Request) -> Response:
        _require_own_form(request)
        session = self.access.begin((await _fields(request)).get("token", ""))
        if session is None:
            return HTMLResponse(render("login", view="", wrong=True), HTTPStatus.FORBIDDEN)
        response = RedirectResponse(f"{PREFIX}/", status_code=HTTPStatus.SEE_OTHER)
        response.set_cookie(
            COOKIE,
            session.key,
            max_age=SESSION_SECONDS,
            path=PREFIX,
            httponly=True,
            samesite="strict",
            # Over the network there has to be TLS in front; on this machine there need not be.
            secure=request.url.hostname not in LOCAL_HOSTS,
        )
        return response

    async def _logout(self, request: Request) -> Response:
        _require_own_form(request)
        session = self._session(request)
        given = (await _fields(request)).get("form_key", "")
        if session is not None:
            if not session.accepts(given):
                raise HTTPException(HTTPStatus.FORBIDDEN)
            self.access.end(session)
        response = RedirectResponse(f"{PREFIX}/login", status_code=HTTPStatus.SEE_OTHER)
        response.delete_cookie(COOKIE, path=PREFIX, httponly=True, samesite="strict")
        return response

    def _audience(self, request: Request, figures: PageFigures, frame: dict[str, object]) -> _Made:
        return audience_page(figures, request.query_params.get("quarter"), **frame)

    def _audience_csv(
        self, request: Request, figures: PageFigures, _frame: dict[str, object]
    ) -> _Made:
        return audience_csv(figures, request.query_params.get("quarter"))

    def _segment(self, request: Request, figures: PageFigures, frame: dict[str, object]) -> _Made:
        category = request.path_params["category"]
        return segment_page(figures, category, request.query_params.get("quarter"), **frame)

    def _segment_csv(
        self, request: Request, figures: PageFigures, _frame: dict[str, object]
    ) -> _Made:
        category = request.path_params["category"]
        return segment_csv(figures, category, request.query_params.get("quarter"))

    def _brief(self, request: Request, figures: PageFigures, frame: dict[str, object]) -> _Made:
        number = request.path_params["category"]
        brief = figures.brief(number)
        return None if brief is None else render("brief", view="", brief=brief, **frame)

    def _progress(self, _request: Request, figures: PageFigures, frame: dict[str, object]) -> _Made:
        return progress_page(figures, self.health(), now=self.clock.now(), **frame)

    def _progress_csv(
        self, _request: Request, figures: PageFigures, _frame: dict[str, object]
    ) -> _Made:
        return progress_csv(figures)

    def _service(self, _request: Request, figures: PageFigures, frame: dict[str, object]) -> _Made:
        return service_page(figures, self.health(), self.task, now=self.clock.now(), **frame)


def open_page(
    *,
    source: Sequence[str],
    repository: Path,
    token_file: Path,
    half_width: float,
    clock: Clock,
    portrait: Path | None,
    health: Callable[[], ServerHealth],
) -> OperatorPage:
    """Return the page of a source of reports and its repository.

    Args:
        source: the options that name it: ``--store`` and its path, or ``--spool``.
        repository: names tasks and segments.
        token_file: holds the operators' token; made if there is none.
        half_width: no interval wider than ± this is shown, as a share.
        clock: gives the time.
        portrait: of the panel; with it every segment's page links to its brief.
        health: of the server.

    Raises:
        InputError: the token cannot be used, or the repository has no task.

    """
    random = SystemRandomSource()
    work = in_another_process(
        source, repository, clock=clock, half_width=half_width, portrait=portrait
    )
    return OperatorPage(
        access=PageAccess(page_token(token_file, random), clock=clock, random=random),
        keeper=FigureKeeper(work, clock=clock),
        health=health,
        task=published_tasks(repository)[-1],
        clock=clock,
    )


def _download(name: str, table: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(table, media_type="text/csv", headers=headers)


async def _style(_request: Request) -> Response:
    headers = {"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"}
    return Response(STYLE, media_type="text/css", headers=headers)


async def _refused(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return HTMLResponse(render("refused", view="", status=status), status_code=status)


def _require_own_form(request: Request) -> None:
    """Refuse a form that a page of another site posts.

    The scheme is not compared: behind a proxy that ends TLS this server sees another one.
    """
    origin = urlsplit(request.headers.get("origin", ""))
    site = request.headers.get("sec-fetch-site", "same-origin")
    if origin.netloc != request.headers.get("host", "") or site != "same-origin":
        raise HTTPException(HTTPStatus.FORBIDDEN)


async def _fields(request: Request) -> dict[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _FORM_LIMIT_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        found = parse_qs(body.decode(), max_num_fields=8)
    except ValueError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from error
    return {name: values[-1] for name, values in found.items()}
