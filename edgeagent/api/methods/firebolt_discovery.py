"""Firebolt ``Discovery``: apps report viewings and read the policy that applies to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from edgeagent.api.call import Call
from edgeagent.api.caller import Caller
from edgeagent.api.events import DISCOVERY_POLICY_CHANGED
from edgeagent.api.method import Event, Loose, Nothing, for_apps, for_apps_listed
from edgeagent.api.switches import DiscoveryPolicy, discovery_policy
from edgeagent.errors import ConsentRequired, InputError
from edgeagent.messages import WatchEvent
from edgeagent.messages.fields import MAX_PROGRESS_SECONDS, AgePolicy, EntityId

__all__ = ["EVENTS", "METHODS", "WatchedParams", "audience", "overshoots"]

_AUDIENCES: dict[str, AgePolicy] = {policy: policy for policy in get_args(AgePolicy)}
_MOST_OVERSHOOT = 1.05
"""Players divide a position by a duration that is rounded, or that ends before the credits do, so
fractions a little above 1 occur. Read as seconds they would be viewings of one second, which no app
reports."""


class WatchedParams(Loose, frozen=True, kw_only=True):
    """One viewing."""

    entity_id: EntityId
    """Id of the title; ids that the catalogue does not hold are kept for 30 days."""
    progress: Annotated[float, Meta(ge=0, le=MAX_PROGRESS_SECONDS)] | None = None
    """How much was watched: up to 1 a fraction (up to 1.05 counts as 1), above it seconds."""
    completed: bool | None = None
    """Whether it was watched to the end."""
    watched_on: str | None = None
    """Start of the viewing, ISO 8601, UTC unless it has an offset. Absent or in the future: now.
    Older than viewings are kept: refused."""
    age_policy: str | None = None
    """Audience: ``app:adult``, ``app:teen`` or ``app:child``. Viewings of ``app:child``, and of an
    audience that Firebolt does not define, are never stored."""


def audience(age_policy: str | None) -> AgePolicy | None:
    """Return the audience an app names; one that is unknown here may be children."""
    return None if age_policy is None else _AUDIENCES.get(age_policy, "app:child")


def overshoots(progress: float) -> bool:
    """Say whether a figure is a fraction that went a little beyond the end."""
    return 1 < progress <= _MOST_OVERSHOOT


def _watched(call: Call, params: Sequence[WatchedParams]) -> bool:
    """Report viewings, one or a list; true when they are stored, or must not be stored."""
    _record(call, params)
    return True


def _watched_v2(call: Call, params: Sequence[WatchedParams]) -> bool:
    """Report viewings, one or a list; false instead of an error when consent is missing."""
    try:
        _record(call, params)
    except ConsentRequired:
        return False
    return True


def _record(call: Call, given: Sequence[WatchedParams]) -> None:
    profile, now = call.profile(), call.now()
    events = [_event(call, watched, profile=profile, now=now) for watched in given]
    call.count_viewings(len(events))
    if call.agent.record_watch(events, keep_unknown=True).stored:
        call.notify_of_history(profile)


def _event(call: Call, watched: WatchedParams, *, profile: str, now: int) -> WatchEvent:
    played = call.playbacks.started_at(call.connection, watched.entity_id, agent=call.agent)
    moment = _moment(call, watched.watched_on, now=now if played is None else played)
    fraction, seconds = _progress(watched.progress)
    return WatchEvent(
        entity_id=watched.entity_id,
        watched_on=moment,
        progress_fraction=fraction,
        progress_seconds=seconds,
        completed=bool(watched.completed),
        age_policy=audience(watched.age_policy),
        profile=profile,
        app=call.app,
    )


def _progress(progress: float | None) -> tuple[float | None, int | None]:
    if progress is None:
        return None, None
    if progress <= 1 or overshoots(progress):
        return min(progress, 1.0), None
    return None, int(progress)


def _moment(call: Call, text: str | None, *, now: int) -> int:
    if text is None:
        return now
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError as error:
        raise InputError(
            "watchedOn is not a date and time", hint="write it as 2026-11-24T20:15:00Z"
        ) from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    told = max(0, int(aware.timestamp()))
    return call.agent.retention.told(told, name="watchedOn", or_later=True)


def _policy(call: Call, params: object) -> DiscoveryPolicy:
    """Return whether viewings are stored and titles recommended for the active profile."""
    del params
    return discovery_policy(call.agent, call.profile())


METHODS = (
    for_apps_listed("Discovery.watched", _watched, WatchedParams, result_name="success"),
    for_apps_listed("Discovery.watchedV2", _watched_v2, WatchedParams, result_name="result"),
    for_apps("Discovery.policy", _policy, Nothing, result_name="policy"),
)
EVENTS = (
    Event(
        name=DISCOVERY_POLICY_CHANGED,
        caller=Caller.APP,
        summary="``Discovery.policy`` has another value.",
        value=DiscoveryPolicy,
    ),
)
