"""Playback, from ``Metrics.media*``: all progress marks of one playback become one viewing.

The first mark stores the viewing, so that what was acknowledged is on disk. Later marks stay in
memory, and update the same row when playback pauses, ends, changes to another title or loses its
connection, and every ten minutes: a power cut costs ten minutes of progress and no viewing.

In a private session everything goes on as usual, so that no app notices, but nothing is stored. A
playback that crosses the begin or end of one is forgotten, so that none of its marks is stored on
the other side; and so after every deletion, by whichever process: playback that goes on begins
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from edgeagent.agent import Agent
from edgeagent.errors import ConsentRequired
from edgeagent.messages import WatchEvent
from edgeagent.messages.fields import AgePolicy

__all__ = ["STORE_EVERY_SECONDS", "PlaybackMark", "Playbacks"]

STORE_EVERY_SECONDS = 600
"""Apps mark their position every few seconds. Storing each would wear the flash; a power cut now
loses ten minutes of progress at most."""

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackMark:
    """Position in a title."""

    entity_id: str
    age_policy: AgePolicy | None = None
    app: str | None = None
    fraction: float | None = None
    seconds: int | None = None
    completed: bool = False


@dataclass(slots=True, kw_only=True)
class _Playback:
    """Playback of one title on one connection."""

    mark: PlaybackMark
    profile: str
    started_at: int
    since: float
    """The same in boot time."""
    undated: bool
    """Whether ``started_at`` is wrong: the clock was behind then."""
    stored: float | None = None
    """When it was last stored, in boot time."""
    dirty: bool = False


class Playbacks:
    """Turns marks into viewings; each connection plays one title at a time."""

    def __init__(self) -> None:
        """Begin without any playback."""
        self._playing: dict[int, _Playback] = {}
        self._private_since: tuple[float, bool] = (0.0, False)
        self._after = 0
        self._changed: set[str] = set()

    def begin(self, connection: int, mark: PlaybackMark, *, agent: Agent, now: int) -> None:
        """A connection plays a title; the playback before is stored."""
        self.apply_borders(agent)
        playing = self._playing.get(connection)
        if playing is not None and playing.mark.entity_id == mark.entity_id:
            return
        self.store(connection, agent=agent)
        self._playing[connection] = _Playback(
            mark=mark,
            profile=agent.household.active,
            started_at=now,
            since=agent.clock.boot_seconds(),
            undated=agent.clock.is_behind(),
        )

    def progress(self, connection: int, mark: PlaybackMark, *, agent: Agent, now: int) -> bool:
        """Apply a mark, and say whether viewings may be stored."""
        writes = self._will_store(connection, mark, agent=agent)
        self.begin(connection, mark, agent=agent, now=now)
        playing = self._playing[connection]
        playing.mark, playing.dirty = _further(playing.mark, mark), True
        if not writes:
            return True
        kept = self.store(connection, agent=agent)
        playing.stored = agent.clock.boot_seconds()
        if mark.completed:
            self._playing.pop(connection, None)
        return kept

    def _will_store(self, connection: int, mark: PlaybackMark, *, agent: Agent) -> bool:
        """Say whether :meth:`progress` with this mark writes."""
        self.apply_borders(agent)
        playing = self._playing.get(connection)
        if playing is None or playing.mark.entity_id != mark.entity_id or mark.completed:
            return True
        stored = playing.stored
        return stored is None or agent.clock.boot_seconds() - stored >= STORE_EVERY_SECONDS

    def started_at(self, connection: int, entity_id: str, *, agent: Agent) -> int | None:
        """Return since when a connection plays a title, if it does."""
        self.apply_borders(agent)
        playing = self._playing.get(connection)
        if playing is None or playing.mark.entity_id != entity_id:
            return None
        return playing.started_at

    def store(self, connection: int, *, agent: Agent) -> bool:
        """Store the progress of a connection, and say whether viewings may be stored."""
        self.apply_borders(agent)
        playing = self._playing.get(connection)
        if playing is None or not playing.dirty:
            return True
        playing.dirty = False
        try:
            self._date(playing, agent)
            event = _event(playing)
            if agent.record_watch(event, keep_unknown=True, seen_since=self._after).stored:
                self._changed.add(playing.profile)
        except ConsentRequired:
            return False
        return True

    def _date(self, playing: _Playback, agent: Agent) -> None:
        """Replace the start by the date that the stored viewing has got, once the time is known."""
        if not playing.undated or agent.clock.is_behind():
            return
        agent.retention.keep_time()
        began = agent.clock.now() - round(agent.clock.boot_seconds() - playing.since)
        dated = agent.history.date_of(playing.mark.entity_id, profile=playing.profile, about=began)
        if dated is not None:
            playing.started_at, playing.undated = dated, False

    def take_changed(self) -> tuple[str, ...]:
        """Return the profiles that have stored viewings since the last call."""
        changed, self._changed = self._changed, set()
        return tuple(sorted(changed))

    def end(self, connection: int, *, agent: Agent) -> None:
        """Store and forget the playback of a connection, as when it is closed."""
        self.store(connection, agent=agent)
        self._playing.pop(connection, None)

    def forget_all(self) -> None:
        """Forget all playbacks, as after a deletion: no later mark may store them again."""
        self._playing.clear()

    def apply_borders(self, agent: Agent) -> None:
        """Forget all playbacks after a deletion, or the begin or end of a private session."""
        changed, after = agent.private.last_change(), agent.erasure.last()
        if (changed, after) != (self._private_since, self._after):
            self._private_since, self._after = changed, after
            self._playing.clear()

    def __contains__(self, connection: int) -> bool:
        """Whether a connection plays something."""
        return connection in self._playing

    @property
    def connections(self) -> tuple[int, ...]:
        """The connections that play something."""
        return tuple(self._playing)


def _further(before: PlaybackMark, now: PlaybackMark) -> PlaybackMark:
    """Return the further of two marks, in the unit of the first: a viewing has one unit."""
    in_seconds = before.seconds is not None
    in_fractions = before.fraction is not None
    return PlaybackMark(
        entity_id=now.entity_id,
        app=now.app,
        age_policy=now.age_policy if now.age_policy is not None else before.age_policy,
        fraction=None if in_seconds else _largest(before.fraction, now.fraction),
        seconds=None if in_fractions else _largest(before.seconds, now.seconds),
        completed=before.completed or now.completed,
    )


def _largest(first: Number | None, second: Number | None) -> Number | None:
    if first is None or second is None:
        return second if first is None else first
    return max(first, second)


def _event(playing: _Playback) -> WatchEvent:
    return WatchEvent(
        entity_id=playing.mark.entity_id,
        watched_on=playing.started_at,
        progress_fraction=playing.mark.fraction,
        progress_seconds=playing.mark.seconds,
        completed=playing.mark.completed,
        age_policy=playing.mark.age_policy,
        profile=playing.profile,
        app=playing.mark.app,
    )
