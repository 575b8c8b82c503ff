"""The privacy assessment, and the model with its updates."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.dashboard.promises import ask_promises
from edgeagent.dashboard.viewer import Viewer, Way

__all__ = ["WAYS"]


async def _assessment(viewer: Viewer) -> Response:
    return await viewer.page(
        "assessment",
        promises=await ask_promises(viewer),
        budget=await viewer.ask("budget"),
        retention=await viewer.ask("retention"),
    )


async def _model(viewer: Viewer) -> Response:
    return await viewer.page("model", model=await viewer.ask("model"))


async def _update(viewer: Viewer) -> Response:
    answer = await viewer.ask("updateModel")
    return viewer.go("/model", done="updated" if answer["changed"] else "no_update")


async def _rollback(viewer: Viewer) -> Response:
    await viewer.ask("rollbackModel")
    return viewer.go("/model", done="rolled_back")


async def _language(viewer: Viewer) -> Response:
    return await viewer.page("language")


WAYS = (
    Way(path="/assessment", handler=_assessment),
    Way(path="/model", handler=_model),
    Way(path="/model/update", handler=_update, method="POST"),
    Way(path="/model/rollback", handler=_rollback, method="POST"),
    Way(path="/language", handler=_language),
)
