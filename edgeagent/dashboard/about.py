"""The privacy assessment, and the model with its updates."""

from __future__ import annotations

from starlette.responses import Response

from edgeagent.dashboard.left import ask_names
from edgeagent.dashboard.page_request import PageRequest, Route
from edgeagent.dashboard.promises import ask_promises
from edgeagent.messages.answers.household import RetentionPeriodShape
from edgeagent.messages.answers.reports import BalanceShape
from edgeagent.messages.answers.status import ModelShape, UpdateShape

__all__ = ["ROUTES"]


async def _assessment(request: PageRequest) -> Response:
    promises = await ask_promises(request)
    return await request.page(
        "assessment",
        promises=promises,
        names=await ask_names(request, promises.task) if promises.beliefs else (),
        budget=await request.ask("budget", BalanceShape),
        retention=await request.ask("retention", RetentionPeriodShape),
    )


async def _model(request: PageRequest) -> Response:
    return await request.page("model", model=await request.ask("model", ModelShape))


async def _update(request: PageRequest) -> Response:
    answer = await request.ask("updateModel", UpdateShape)
    return request.go("/model", done="updated" if answer.changed else "no_update")


async def _rollback(request: PageRequest) -> Response:
    await request.tell("rollbackModel")
    return request.go("/model", done="rolled_back")


ROUTES = (
    Route(path="/assessment", handler=_assessment),
    Route(path="/model", handler=_model),
    Route(path="/model/update", handler=_update, method="POST"),
    Route(path="/model/rollback", handler=_rollback, method="POST"),
)
