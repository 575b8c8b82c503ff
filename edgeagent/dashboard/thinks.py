"""What the box thinks: segments, the titles that weigh most, and the picks they led to."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.dashboard.box import NOT_GRANTED, Refused
from edgeagent.dashboard.viewer import Viewer, Way

__all__ = ["WAYS"]

_SHOWN_SEGMENTS = 7
_SHOWN_PICKS = 5
_NO_MODEL = -50200


async def _thinks(viewer: Viewer) -> Response:
    try:
        mix = await viewer.ask("segments")
    except Refused as refused:
        if refused.code not in {NOT_GRANTED, _NO_MODEL}:
            raise
        why = "not_granted" if refused.code == NOT_GRANTED else "no_model"
        return await viewer.page("thinks_nothing", why=why)
    segments = mix["segments"]
    ranking = await viewer.ask("lastPicks") or {"picks": []}
    return await viewer.page(
        "thinks",
        segments=segments[:_SHOWN_SEGMENTS],
        rest=sum(segment["probability"] for segment in segments[_SHOWN_SEGMENTS:]),
        largest=segments[0]["probability"] if segments else 1,
        because=mix["because"],
        picks=ranking["picks"][:_SHOWN_PICKS],
        made_at=mix["madeAt"],
    )


async def _think_again(viewer: Viewer) -> Response:
    await viewer.ask("recommend", limit=10)
    return viewer.go("/thinks", done="ranked")


WAYS = (
    Way(path="/thinks", handler=_thinks),
    Way(path="/thinks/again", handler=_think_again, method="POST"),
)
