"""Firebolt ``Metrics.media*``: playback as apps report it, of which one viewing a film is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from msgspec import Meta

from edgeagent.api.call import Call
from edgeagent.api.method import Loose, Method, for_apps
from edgeagent.api.methods.firebolt_discovery import audience, overshoots
from edgeagent.api.playback import PlaybackMark
from edgeagent.errors import InputError
from edgeagent.messages.fields import EntityId

__all__ = ["METHODS"]

_RPC_V2 = 2
_MOST_SECONDS = 86_400
L = TypeVar("L", bound=Loose)


class Media(Loose, frozen=True, kw_only=True):
    """A title that plays."""

    entity_id: EntityId
    age_policy: str | None = None


class MediaProgress(Loose, frozen=True, kw_only=True):
    """How far it is: a fraction below 1, or whole seconds up to a day."""

    entity_id: EntityId
    progress: Annotated[float, Meta(ge=0, le=_MOST_SECONDS)]
    age_policy: str | None = None


class MediaSeeking(Loose, frozen=True, kw_only=True):
    """Where somebody wants to go."""

    entity_id: EntityId
    target: Annotated[float, Meta(ge=0, le=_MOST_SECONDS)]
    age_policy: str | None = None


class MediaSeeked(Loose, frozen=True, kw_only=True):
    """Where somebody went."""

    entity_id: EntityId
    position: Annotated[float, Meta(ge=0, le=_MOST_SECONDS)]
    age_policy: str | None = None


class MediaRate(Loose, frozen=True, kw_only=True):
    """How fast it plays."""

    entity_id: EntityId
    rate: float
    age_policy: str | None = None


class MediaRendition(Loose, frozen=True, kw_only=True):
    """In what quality it plays."""

    entity_id: EntityId
    bitrate: float
    width: float
    height: float
    profile: str | None = None
    age_policy: str | None = None


def _playing(call: Call, params: Media) -> bool | None:
    """Playback has begun; a viewing is kept from the first progress on."""
    mark = PlaybackMark(entity_id=params.entity_id, age_policy=audience(params.age_policy))
    call.playbacks.begin(call.connection, mark, agent=call.agent, now=call.now())
    call.notify_of_viewings()
    return _answer(call, kept=True)


def _progress(call: Call, params: MediaProgress) -> bool | None:
    """Playback goes on; all progress of one film becomes one viewing."""
    fraction, seconds = _position(params.progress)
    mark = PlaybackMark(
        entity_id=params.entity_id,
        age_policy=audience(params.age_policy),
        fraction=fraction,
        seconds=seconds,
    )
    return _marked(call, mark)


def _pause(call: Call, params: Media) -> bool | None:
    """Playback pauses; its progress is stored."""
    del params
    charges = call.state.charges
    call.count_viewings(charges.of_pause(call.connection))
    charges.take_pause(call.connection)
    kept = call.playbacks.store(call.connection, agent=call.agent)
    call.notify_of_viewings()
    return _answer(call, kept=kept)


def _ended(call: Call, params: Media) -> bool | None:
    """Playback reached the end; the viewing is stored as completed."""
    mark = PlaybackMark(
        entity_id=params.entity_id, age_policy=audience(params.age_policy), completed=True
    )
    return _marked(call, mark)


def _marked(call: Call, mark: PlaybackMark) -> bool | None:
    now = call.now()
    charges, since_boot = call.state.charges, call.state.clock.boot_seconds()
    viewings = charges.of_mark(call.connection, mark, now=since_boot)
    call.count_viewings(viewings)
    charges.take_mark(call.connection, mark, now=since_boot, viewings=viewings)
    kept = call.playbacks.progress(call.connection, mark, agent=call.agent, now=now)
    call.notify_of_viewings()
    return _answer(call, kept=kept)


def _heard(summary: str) -> Callable[[Call, object], bool | None]:
    def run(call: Call, params: object) -> bool | None:
        del params
        return _answer(call, kept=True)

    run.__doc__ = f"{summary}; nothing of it is kept."
    return run


def _answer(call: Call, *, kept: bool) -> bool | None:
    """The older SDKs expect a boolean, those that speak RPCv2 null."""
    return None if call.version == _RPC_V2 else kept


def _position(progress: float) -> tuple[float | None, int | None]:
    if progress < 1 or overshoots(progress):
        return min(progress, 1.0), None
    if not float(progress).is_integer():
        raise InputError(
            f"progress {progress} is neither a fraction nor whole seconds",
            hint="send 0 to 0.999 where the duration is known, else whole seconds",
        )
    return None, int(progress)


def _media(name: str, run: Callable[[Call, L], bool | None], params: type[L]) -> Method:
    return for_apps(f"Metrics.{name}", run, params, result_name="success")


METHODS = (
    _media("mediaLoadStart", _heard("A title is being loaded"), Media),
    _media("mediaPlay", _heard("Playback is about to begin"), Media),
    _media("mediaPlaying", _playing, Media),
    _media("mediaPause", _pause, Media),
    _media("mediaWaiting", _heard("Playback waits for data"), Media),
    _media("mediaProgress", _progress, MediaProgress),
    _media("mediaSeeking", _heard("Somebody seeks"), MediaSeeking),
    _media("mediaSeeked", _heard("Somebody sought"), MediaSeeked),
    _media("mediaRateChange", _heard("The rate changed"), MediaRate),
    _media("mediaRateChanged", _heard("The rate changed, in newer SDKs' words"), MediaRate),
    _media("mediaRenditionChange", _heard("The quality changed"), MediaRendition),
    _media(
        "mediaRenditionChanged", _heard("The quality changed, in newer SDKs' words"), MediaRendition
    ),
    _media("mediaEnded", _ended, Media),
)
