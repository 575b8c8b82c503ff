"""What playback takes of an app's budget of viewings: it depends on requests and their times only.

Whether a mark is stored depends on consent, on a private session and on the kind of the profile. An
app that can count its budget must not learn of these, so marks are counted as if all were stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.api.playback import STORE_EVERY_SECONDS, PlaybackMark

__all__ = ["Charges"]


@dataclass(slots=True, kw_only=True)
class _ChargedTitle:
    """The title that a connection plays."""

    entity_id: str
    charged_at: float
    more: bool = False
    """Whether marks have followed that were not counted."""


class Charges:
    """Decides which marks of playback count against the limit of viewings."""

    def __init__(self) -> None:
        """Begin without any playback."""
        self._titles: dict[int, _ChargedTitle] = {}

    def of_mark(self, connection: int, mark: PlaybackMark, *, now: float) -> int:
        """Return as how many viewings a mark counts; ``now`` in boot time."""
        charged = self._titles.get(connection)
        if charged is None or charged.entity_id != mark.entity_id or mark.completed:
            return 1
        return 0 if now - charged.charged_at < STORE_EVERY_SECONDS else 1

    def take_mark(self, connection: int, mark: PlaybackMark, *, now: float, viewings: int) -> None:
        """Note a mark that was counted as :meth:`of_mark` says."""
        if mark.completed:
            self.leave(connection)
        elif viewings:
            self._titles[connection] = _ChargedTitle(entity_id=mark.entity_id, charged_at=now)
        else:
            self._titles[connection].more = True

    def of_pause(self, connection: int) -> int:
        """Return as how many viewings a pause counts, which stores what was played."""
        charged = self._titles.get(connection)
        return int(charged is not None and charged.more)

    def take_pause(self, connection: int) -> None:
        """Note a pause that was counted as :meth:`of_pause` says."""
        if connection in self._titles:
            self._titles[connection].more = False

    def leave(self, connection: int) -> None:
        """Note that a connection plays nothing any more."""
        self._titles.pop(connection, None)

    def __contains__(self, connection: int) -> bool:
        """Whether a connection plays something."""
        return connection in self._titles
