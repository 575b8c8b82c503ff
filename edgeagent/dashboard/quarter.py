"""The quarter's page: what was kept, used, sent and spent, and what the last quarter changed."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.messages.answers.reports import QuarterShape

__all__ = ["ROUTES"]


async def _quarter(request: PageRequest) -> Response:
    quarter = await request.ask("quarter", QuarterShape, shown=True)
    return await request.page(
        "quarter",
        back="/left",
        quarter=quarter,
        since=_seconds(quarter.since),
        updated_at=None if quarter.updated_at is None else _seconds(quarter.updated_at),
    )


def _seconds(iso_utc: str) -> int:
    return int(datetime.fromisoformat(iso_utc).timestamp())


ROUTES = (Route(path="/quarter", handler=_quarter),)
