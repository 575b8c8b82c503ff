"""What each app told the box, as far as it is kept."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.messages.answers.history import AppShape

__all__ = ["ROUTES"]


async def _told(request: PageRequest) -> Response:
    apps = await request.ask("apps", tuple[AppShape, ...])
    return await request.page("told", back="/kept", apps=apps)


ROUTES = (Route(path="/told", handler=_told),)
