"""``EdgeAgent``: private sessions, profiles, and for how long viewings are kept."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from edgeagent.api.call import Call, notifying_of_changes
from edgeagent.api.caller import Caller
from edgeagent.api.events import PRIVATE_SESSION_CHANGED, PROFILES_CHANGED
from edgeagent.api.method import Event, Nothing, own
from edgeagent.messages.answers.household import (
    PrivateSessionShape,
    ProfileShape,
    RetentionPeriodShape,
)
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import AgeLimit, Pin, ProfileName, RetentionDays
from edgeagent.services.private_viewing.private_session import DEFAULT_MINUTES, MAX_MINUTES

__all__ = ["EVENTS", "METHODS", "emit_profiles", "private_session"]


class StartParams(Shape, frozen=True, kw_only=True):
    """Length of a private session."""

    minutes: Annotated[int, Meta(ge=1, le=MAX_MINUTES)] = DEFAULT_MINUTES
    """From now on; it ends by itself."""


class NameParams(Shape, frozen=True, kw_only=True):
    """A profile."""

    name: ProfileName
    """Its name."""


class SwitchParams(NameParams, frozen=True, kw_only=True):
    """A profile that is to be the active one."""

    pin: Pin | None = None
    """Of the profile lock, where there is one and the profile is shown more than the active one, or
    is another adult's."""


class NewProfileParams(Shape, frozen=True, kw_only=True):
    """A new profile; it has granted no purpose."""

    name: ProfileName
    """Its name, unlike any other profile's."""
    kind: Literal["adult", "teen", "kid"] = "adult"
    """Nothing is stored of a kid, nor of a teen unless the settings count teens as adults."""


class RenameParams(Shape, frozen=True, kw_only=True):
    """Another name for a profile."""

    name: ProfileName
    """Its present name; ``main`` cannot be renamed."""
    new_name: ProfileName
    """Its new name."""


class AgeLimitParams(NameParams, frozen=True, kw_only=True):
    """An age limit of a profile."""

    limit: AgeLimit | None
    """Titles and creatives with a higher age rating, or one that cannot be read, are left out; null
    goes back to what the kind of the profile allows."""
    pin: Pin | None = None
    """Of the profile lock, where there is one."""


class RetentionParams(Shape, frozen=True, kw_only=True):
    """For how long viewings are to be kept."""

    days: RetentionDays | None
    """At most what the settings allow; null goes back to that."""
    pin: Pin | None = None
    """Of the profile lock, where there is one and these are more days than were chosen before."""


def private_session(call: Call) -> PrivateSessionShape:
    """Return the private session as the API shows it."""
    ends_at = call.agent.private.ends_at()
    return PrivateSessionShape(on=ends_at is not None, ends_at=ends_at)


def _private_session(call: Call, params: Nothing) -> PrivateSessionShape:
    """Return whether a private session is on, and when it ends."""
    del params
    call.agent.private.require_certain()
    return private_session(call)


def _start(call: Call, params: StartParams) -> PrivateSessionShape:
    """Begin a private session, or restart its time: nothing is stored, scored or counted."""
    call.state.end_playbacks()
    call.agent.private.start(params.minutes)
    return _emit_private_session(call)


def _stop(call: Call, params: Nothing) -> PrivateSessionShape:
    """End the private session."""
    del params
    call.state.end_playbacks()
    call.agent.private.stop()
    return _emit_private_session(call)


def _emit_private_session(call: Call) -> PrivateSessionShape:
    call.notify_of_viewings()
    state = private_session(call)
    call.emit(PRIVATE_SESSION_CHANGED, state)
    return state


def _profiles(call: Call, params: Nothing) -> tuple[ProfileShape, ...]:
    """Return the profiles, oldest first."""
    del params
    active = call.profile()
    return tuple(
        ProfileShape(
            name=profile.name,
            kind=profile.kind,
            active=profile.name == active,
            age_limit=profile.age_limit,
        )
        for profile in call.agent.household.profiles()
    )


def _create(call: Call, params: NewProfileParams) -> tuple[ProfileShape, ...]:
    """Create a profile."""
    with notifying_of_changes(call):  # consents of an earlier profile of that name are withdrawn
        call.agent.household.create(params.name, kind=params.kind)
    return emit_profiles(call)


def _switch(call: Call, params: SwitchParams) -> tuple[ProfileShape, ...]:
    """Make a profile the active one; this ends a private session."""
    was_private = call.agent.private.ends_at() is not None
    with notifying_of_changes(call):
        call.agent.household.switch(params.name, pin=params.pin)
    if was_private:
        _emit_private_session(call)
    return emit_profiles(call)


def _rename(call: Call, params: RenameParams) -> tuple[ProfileShape, ...]:
    """Rename a profile; its history, marks and consents go with it."""
    call.playbacks.forget_all()
    with notifying_of_changes(call):
        call.agent.household.rename(params.name, params.new_name)
    return emit_profiles(call)


def _set_age_limit(call: Call, params: AgeLimitParams) -> tuple[ProfileShape, ...]:
    """Set the highest age rating of what a profile is recommended and shown."""
    call.agent.household.set_age_limit(params.name, params.limit, pin=params.pin)
    return emit_profiles(call)


def emit_profiles(call: Call) -> tuple[ProfileShape, ...]:
    """Return the profiles, and send them to subscribers."""
    profiles = _profiles(call, Nothing())
    call.emit(PROFILES_CHANGED, profiles)
    return profiles


def _retention(call: Call, params: Nothing) -> RetentionPeriodShape:
    """Return for how many days viewings are kept, and why."""
    del params
    return RetentionPeriodShape.of(call.agent.retention.kept())


def _set_retention(call: Call, params: RetentionParams) -> RetentionPeriodShape:
    """Choose for how many days viewings are kept; older ones are deleted."""
    before = call.agent.retention.kept()
    with notifying_of_changes(call):
        kept = call.agent.retention.choose(params.days, pin=params.pin)
    call.playbacks.forget_all()
    if call.agent.housekeeping().deleted or kept.days != before.days:
        call.notify_of_history(*(profile.name for profile in call.agent.household.profiles()))
    return RetentionPeriodShape.of(kept)


METHODS = (
    own("privateSession", _private_session, Nothing, result_name="session"),
    own("startPrivateSession", _start, StartParams, result_name="session"),
    own("stopPrivateSession", _stop, Nothing, result_name="session"),
    own("profiles", _profiles, Nothing, result_name="profiles"),
    own("createProfile", _create, NewProfileParams, result_name="profiles"),
    own("switchProfile", _switch, SwitchParams, result_name="profiles"),
    own("renameProfile", _rename, RenameParams, result_name="profiles"),
    own("setAgeLimit", _set_age_limit, AgeLimitParams, result_name="profiles"),
    own("retention", _retention, Nothing, result_name="retention"),
    own("setRetention", _set_retention, RetentionParams, result_name="retention"),
)
EVENTS = (
    Event(
        name=PRIVATE_SESSION_CHANGED,
        caller=Caller.MANAGE,
        summary="A private session began or ended.",
        value=PrivateSessionShape,
    ),
    Event(
        name=PROFILES_CHANGED,
        caller=Caller.MANAGE,
        summary="A profile was created, renamed, limited or removed, or another one is active.",
        value=tuple[ProfileShape, ...],
    ),
)
