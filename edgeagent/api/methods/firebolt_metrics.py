"""Firebolt ``Metrics.media*``: playback reports; all those of one playback become one viewing."""

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
    """Playback of a title."""

    entity_id: EntityId
    """Id of the title."""
    age_policy: str | None = None
    """Audience, as in ``Discovery.watched``."""


class MediaProgress(Loose, frozen=True, kw_only=True):
    """Position of the playback."""

    entity_id: EntityId
    """Id of the title."""
    progress: Annotated[float, Meta(ge=0, le=_MOST_SECONDS)]
    """A fraction below 1 (up to 1.05 counts as 1), or whole seconds up to a day."""
    age_policy: str | None = None
    """Audience, as in ``Discovery.watched``."""


class MediaSeeking(Loose, frozen=True, kw_only=True):
    """A seek that begins."""

    entity_id: EntityId
    """Id of the title."""
    target: Annotated[float, Meta(ge=0, le=_MOST_SECONDS)]
    """Where to: a fraction or seconds."""
    age_policy: str | None = None
    """Audience, as in ``Discovery.watched``."""


class MediaSeeked(Loose, frozen=True, kw_only=True):
    """A seek that has ended."""

    entity_id: EntityId
    """Id of the title."""
    position: Annotated[float, Meta(ge=0, le=_MOST_SECONDS)]
    """Where it plays now: a fraction or seconds."""
    age_policy: str | None = None
    """Audience, as in ``Discovery.watched``."""


class MediaRate(Loose, frozen=True, kw_only=True):
    """Playback rate."""

    entity_id: EntityId
    """Id of the title."""
    rate: float
    """1 is normal speed."""
    age_policy: str | None = None
    """Audience, as in ``Discovery.watched``."""


class MediaRendition(Loose, frozen=True, kw_only=True):
    """Quality of the playback."""

    entity_id: EntityId
    """Id of the title."""
    bitrate: float
    """kbit/s."""
    width: float
    """Pixels."""
    height: float
    """Pixels."""
    profile: str | None = None
    """The player's name of the quality, such as ``HDR``; not a profile of the household."""
    age_policy: str | None = None
    """Audience, as in ``Discovery.watched``."""


def _playing(call: Call, params: Media) -> bool | None:
    """Playback has begun; the first progress report stores a viewing."""
    mark = PlaybackMark(
        entity_id=params.entity_id, age_policy=audience(params.age_policy), app=call.app
    )
    call.playbacks.begin(call.connection, mark, agent=call.agent, now=call.now())
    call.notify_of_viewings()
    return _answer(call, kept=True)


def _progress(call: Call, params: MediaProgress) -> bool | None:
    """Playback goes on; all progress reports of one playback update one viewing."""
    fraction, seconds = _position(params.progress)
    mark = PlaybackMark(
        entity_id=params.entity_id,
        age_policy=audience(params.age_policy),
        app=call.app,
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
        entity_id=params.entity_id,
        age_policy=audience(params.age_policy),
        app=call.app,
        completed=True,
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

    run.__doc__ = f"{summary}; acknowledged, nothing is stored."
    return run


def _answer(call: Call, *, kept: bool) -> bool | None:
    """Return a boolean, which the older SDKs expect, or null to a client that speaks RPCv2."""
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
    _media("mediaSeeking", _heard("The viewer seeks"), MediaSeeking),
    _media("mediaSeeked", _heard("The viewer has sought"), MediaSeeked),
    _media("mediaRateChange", _heard("The playback rate changed"), MediaRate),
    _media("mediaRateChanged", _heard("The playback rate changed (name in newer SDKs)"), MediaRate),
    _media("mediaRenditionChange", _heard("The quality changed"), MediaRendition),
    _media(
        "mediaRenditionChanged", _heard("The quality changed (name in newer SDKs)"), MediaRendition
    ),
    _media("mediaEnded", _ended, Media),
)
