"""Private viewing: while it lasts nothing is stored, and nothing tells later that it was there.

It is measured in boot time, which nobody sets. Sessions are kept in memory and in a tmpfs, past
ones too, so that neither a restart of the service ends one nor what was watched in one is stored
when it is told later: times, no title, no profile, and nothing in the home. In doubt it is private.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from edgeagent.errors import DiskFull, InputError, MalformedMessage
from edgeagent.messages.codec import canonical_bytes, decode
from edgeagent.services.private_viewing.private_spans import Span, Spans
from edgeagent.services.private_viewing.runtime_state import RuntimeFile, Stamp
from edgeagent.services.timekeeping.device_clock import DeviceClock

__all__ = ["DEFAULT_MINUTES", "MAX_MINUTES", "KeptPrivateSession", "PrivateSession"]

DEFAULT_MINUTES = 240
"""A long evening: a forgotten private session ends by itself."""
MAX_MINUTES = 24 * 60
_CAP_BYTES = 1024 * 1024


class PrivateSession(Protocol):
    """Whether the box is looking away."""

    def start(self, minutes: int) -> int:
        """Begin, or begin anew, and return when it ends, seconds UTC."""
        ...

    def stop(self) -> None:
        """End it; harmless when there is none."""
        ...

    def ends_at(self) -> int | None:
        """Return when the present one ends, or ``None``."""
        ...

    def covers(self, moment: int) -> bool:
        """Say whether what a clock called ``moment`` may have been watched privately."""
        ...

    def last_change(self) -> tuple[float, bool]:
        """Return what differs whenever a session has begun or ended in between."""
        ...

    def require_certain(self) -> None:
        """Refuse where it is private because nobody can say whether it is."""
        ...


class KeptPrivateSession:
    """A private session that lasts over processes, not over boots."""

    def __init__(self, home: Path, *, clock: DeviceClock, directory: Path) -> None:
        """Keep the sessions of the box in ``home`` below ``directory``, a tmpfs."""
        name = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
        self.directory = directory
        self._file = RuntimeFile(directory, f"{name}.private")
        self._clock = clock
        self._spans = Spans(boot_id=clock.boot_id())
        self._stamp: Stamp | None = None

    def start(self, minutes: int) -> int:
        """Begin, or begin anew, and return when it ends, seconds UTC.

        Raises:
            InputError: not between a minute and a day.
            DiskFull, WrongOwner: the runtime directory cannot be written, or is not this user's
                alone.

        """
        if not 1 <= minutes <= MAX_MINUTES:
            raise InputError(
                f"a private session of {minutes} minutes",
                hint=f"ask for 1 to {MAX_MINUTES} minutes; it can be begun anew",
            )
        began = self._clock.boot_seconds()
        offsets = tuple(sorted(set(self._clock.offsets())))
        span = Span(began=began, ends=began + 60 * minutes, offsets=offsets)
        self._change(lambda spans: spans.started(span))
        return self._clock.now() + 60 * minutes

    def stop(self) -> None:
        """End it; harmless when there is none.

        Raises:
            DiskFull, WrongOwner: it goes on, because the runtime directory cannot be written, or
                is not this user's alone.

        """
        if self.ends_at() is not None:
            self._change(lambda spans: spans.stopped(self._clock.boot_seconds()))

    def ends_at(self) -> int | None:
        """Return when the present one ends, or ``None``."""
        left_seconds = self._present().ends_in(self._clock.boot_seconds())
        return None if left_seconds is None else self._clock.now() + math.ceil(left_seconds)

    def covers(self, moment: int) -> bool:
        """Say whether what a clock called ``moment`` may have been watched privately."""
        return self._present().covers(moment, self._clock.offsets())

    def last_change(self) -> tuple[float, bool]:
        """Return what differs whenever a session has begun or ended in between."""
        spans = self._present().spans
        if not spans:
            return 0.0, False
        return spans[-1].began, spans[-1].is_on(self._clock.boot_seconds())

    def require_certain(self) -> None:
        """Refuse where it is private because nobody can say whether it is.

        Raises:
            DiskFull, WrongOwner: the runtime directory is not this user's alone.

        """
        if (fault := self._file.fault()) is not None:
            raise fault

    def _present(self) -> Spans:
        """Return what is known now, after noting what the clocks show."""
        if self._file.fault() is not None:
            return self._in_doubt()
        self._take_in()
        boot_seconds, offsets = self._clock.boot_seconds(), self._clock.offsets()
        if self._spans.seen(boot_seconds, offsets) != self._spans:
            self._spans = self._spans.seen(boot_seconds, offsets)
            with suppress(DiskFull):  # this process knows it
                self._change(lambda spans: spans.seen(boot_seconds, offsets))
        return self._spans

    def _change(self, change: Callable[[Spans], Spans]) -> None:
        with self._file.locked():
            self._take_in()
            changed = change(self._spans)
            self._file.write(canonical_bytes(changed))
            self._spans, self._stamp = changed, self._file.stamp()

    def _take_in(self) -> None:
        """Take in what another process has written; what is gone, or of another boot, is not."""
        stamp = self._file.stamp()
        if stamp != self._stamp and stamp is not None:
            self._stamp = stamp
            self._spans = self._written() or self._spans
        boot_id, boot_seconds = self._clock.boot_id(), self._clock.boot_seconds()
        later = any(span.began > boot_seconds for span in self._spans.spans)
        if self._spans.boot_id != boot_id or later:
            self._spans = Spans(boot_id=boot_id)

    def _written(self) -> Spans | None:
        data = self._file.read()
        if data is None:
            return None
        try:
            return decode(data, Spans, cap_bytes=_CAP_BYTES)
        except MalformedMessage:
            return self._in_doubt()

    def _in_doubt(self) -> Spans:
        """Somebody watched privately and nobody can say when: all of this boot, and a day."""
        ends = self._clock.boot_seconds() + 60 * MAX_MINUTES
        always = Span(began=0.0, ends=ends, offsets=self._clock.offsets())
        return Spans(boot_id=self._clock.boot_id(), spans=(always,))
