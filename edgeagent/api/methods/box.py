"""``EdgeAgent``: status of the box, its model, and the OpenRPC document of this API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from edgeagent import __version__
from edgeagent.agent import Agent
from edgeagent.api.call import Call
from edgeagent.api.caller import Caller
from edgeagent.api.events import MODEL_CHANGED
from edgeagent.api.method import Event, Nothing, fetching, for_apps, own
from edgeagent.api.methods.household import private_session
from edgeagent.messages.answers.status import (
    ConflictShape,
    ModelShape,
    ReleasesShape,
    RolloutShape,
    StatusShape,
    UpdateShape,
)
from edgeagent.services.models.installation import Installation
from edgeagent.services.models.release_watch import CONFLICT

__all__ = ["DOCUMENT_NAME", "EVENTS", "METHODS", "installed"]

DOCUMENT_NAME = "openrpc.json"
_Document = Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]


def _status(call: Call, params: Nothing) -> StatusShape:
    """Return the state of the box: versions, counts, and what is wrong with it."""
    del params
    profile = call.profile()
    return StatusShape(
        version=__version__,
        started_at=call.state.started_at,
        now=call.now(),
        time_is_known=call.state.clock.is_known(),
        profile=profile,
        viewings=call.agent.history.count(profile),
        private_session=private_session(call),
        model=installed(call.agent),
        waiting_reports=call.agent.reports.waiting(),
        failed_counts=call.agent.reports.failed_counts(),
        quarter_is_new=call.agent.reports.quarter_pages.is_new(),
        problems=(*call.agent.stores.problems(), *_conflicts(call.agent)),
    )


def _conflicts(agent: Agent) -> Iterator[str]:
    if agent.installation().conflict is not None:
        yield CONFLICT


def _model(call: Call, params: Nothing) -> ModelShape:
    """Return the installed model, and when the server was last asked for updates."""
    del params
    return installed(call.agent)


def installed(agent: Agent) -> ModelShape:
    """Return the installed model as the API shows it."""
    installation = agent.installation()
    current, previous, task = installation.current, installation.previous, installation.task
    seen, conflict = installation.releases.seen, installation.conflict
    rollout = installation.rollout
    return ModelShape(
        model_version=None if current is None else current.model_version,
        head=None if current is None else current.head,
        trained_at=None if current is None else current.trained_at,
        space_id=None if current is None else current.space_id,
        segments=None if current is None else len(current.segments),
        previous_version=None if previous is None else previous.model_version,
        checked_at=installation.checked_at,
        task=None if task is None else task.name,
        model_stopped=current is not None and installation.is_stopped(current),
        task_stopped=installation.task_is_stopped,
        rollout=None if rollout is None else RolloutShape.of(rollout),
        releases=None if seen is None else ReleasesShape.of(seen),
        conflict=None if conflict is None else ConflictShape.of(conflict),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What an update may change."""

    installation: Installation
    creatives: frozenset[str]


def _fetch(call: Call) -> _Before:
    """Fetch what is published, and return what was here before."""
    before = _Before(
        installation=call.agent.installation(), creatives=call.agent.models.creative_files()
    )
    call.state.outside.jobs.fetch_update()
    return before


def _update(call: Call, before: _Before) -> UpdateShape:
    """Fetch, verify and activate the newest model, catalogue and task; promos, ads and artwork."""
    call.state.refresh()
    call.agent.models.activate()
    old, new = before.installation, call.agent.installation()
    model_changed = (old.current, old.task) != (new.current, new.task)
    if model_changed:
        _emit_model(call)
    return UpdateShape(
        changed=model_changed or call.agent.models.creative_files() != before.creatives,
        model=installed(call.agent),
    )


def _rollback(call: Call, params: Nothing) -> ModelShape:
    """Go back to the model before the active one."""
    del params
    call.agent.rollback_model()
    _emit_model(call)
    return installed(call.agent)


def _emit_model(call: Call) -> None:
    call.emit(MODEL_CHANGED, installed(call.agent))


def _discover(call: Call, params: Nothing) -> _Document:
    """Return the OpenRPC document of this API."""
    del call, params
    document = Path(__file__).with_name(DOCUMENT_NAME).read_bytes()
    return msgspec.Raw(
        msgspec.json.format(document, indent=-1)
    )  # the unix socket carries one line per message


METHODS = (
    own("status", _status, Nothing, result_name="status"),
    own("model", _model, Nothing, result_name="model"),
    fetching("updateModel", _fetch, _update, result_name="update"),
    own("rollbackModel", _rollback, Nothing, result_name="model", mode="slow"),
    for_apps("rpc.discover", _discover, Nothing, result_name="OpenRPC Schema"),
)
EVENTS = (
    Event(
        name=MODEL_CHANGED,
        caller=Caller.MANAGE,
        summary="Another model, catalogue or report task is active.",
        value=ModelShape,
    ),
)
