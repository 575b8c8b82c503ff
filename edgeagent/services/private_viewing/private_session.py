"""Private viewing: nothing is stored while it lasts, and nothing reveals it afterwards.

Its duration is measured in boot time, which nobody can set. The times of present and past sessions
are kept in memory and in a tmpfs, never in the home, with no title and no profile. So a restart of
the service does not end a session, and a viewing that an app reports late is recognised as private.
In doubt a viewing is private.
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
"""Four hours, a long evening: a session that was left on ends by itself."""
MAX_MINUTES = 24 * 60
_CAP_BYTES = 1024 * 1024


class PrivateSession(Protocol):
    """Says whether a private session is on, and what falls into past ones."""

    def start(self, minutes: int) -> int:
        """Begin or restart a session, and return when it ends, seconds UTC."""
        ...

    def stop(self) -> None:
        """End it; does nothing if there is none."""
        ...

    def ends_at(self) -> int | None:
        """Return when the present session ends, seconds UTC, or ``None``."""
        ...

    def covers(self, moment: int) -> bool:
        """Return whether a viewing dated ``moment``, seconds UTC, may have been private."""
        ...

    def last_change(self) -> tuple[float, bool]:
        """Return a value that differs whenever a session has begun or ended in between."""
        ...

    def require_certain(self) -> None:
        """Raise if everything counts as private because the session's state is unreadable."""
        ...


class KeptPrivateSession:
    """A private session that outlives the process, but not the boot."""

    def __init__(self, home: Path, *, clock: DeviceClock, directory: Path) -> None:
        """Keep the sessions of the box in ``home`` below ``directory``, a tmpfs."""
        name = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
        self.directory = directory
        self._file = RuntimeFile(directory, f"{name}.private")
        self._clock = clock
        self._spans = Spans(boot_id=clock.boot_id())
        self._stamp: Stamp | None = None

    def start(self, minutes: int) -> int:
        """Begin or restart a session, and return when it ends, seconds UTC.

        Raises:
            InputError: not between one minute and one day.
            DiskFull, WrongOwner: the runtime directory is not writable, or other users can access
                it.

        """
        if not 1 <= minutes <= MAX_MINUTES:
            raise InputError(
                f"a private session of {minutes} minutes",
                hint=f"ask for 1 to {MAX_MINUTES} minutes; a session can be started again",
            )
        began = self._clock.boot_seconds()
        offsets = tuple(sorted(set(self._clock.offsets())))
        span = Span(began=began, ends=began + 60 * minutes, offsets=offsets)
        self._change(lambda spans: spans.started(span))
        return self._clock.now() + 60 * minutes

    def stop(self) -> None:
        """End it; does nothing if there is none.

        Raises:
            DiskFull, WrongOwner: it continues, because the runtime directory is not writable or
                other users can access it.

        """
        if self.ends_at() is not None:
            self._change(lambda spans: spans.stopped(self._clock.boot_seconds()))

    def ends_at(self) -> int | None:
        """Return when the present session ends, seconds UTC, or ``None``."""
        left_seconds = self._present().ends_in(self._clock.boot_seconds())
        return None if left_seconds is None else self._clock.now() + math.ceil(left_seconds)

    def covers(self, moment: int) -> bool:
        """Return whether a viewing dated ``moment``, seconds UTC, may have been private."""
        return self._present().covers(moment, self._clock.offsets())

    def last_change(self) -> tuple[float, bool]:
        """Return a value that differs whenever a session has begun or ended in between."""
        spans = self._present().spans
        if not spans:
            return 0.0, False
        return spans[-1].began, spans[-1].is_on(self._clock.boot_seconds())

    def require_certain(self) -> None:
        """Raise if everything counts as private because the session's state is unreadable.

        Raises:
            DiskFull, WrongOwner: other users can access the runtime directory.

        """
        if (fault := self._file.fault()) is not None:
            raise fault

    def _present(self) -> Spans:
        """Return the sessions known now, after recording the present clock offsets."""
        if self._file.fault() is not None:
            return self._in_doubt()
        self._take_in()
        boot_seconds, offsets = self._clock.boot_seconds(), self._clock.offsets()
        if self._spans.seen(boot_seconds, offsets) != self._spans:
            self._spans = self._spans.seen(boot_seconds, offsets)
            with suppress(DiskFull):  # this process has them in memory
                self._change(lambda spans: spans.seen(boot_seconds, offsets))
        return self._spans

    def _change(self, change: Callable[[Spans], Spans]) -> None:
        with self._file.locked():
            self._take_in()
            changed = change(self._spans)
            self._file.write(canonical_bytes(changed))
            self._spans, self._stamp = changed, self._file.stamp()

    def _take_in(self) -> None:
        """Read what another process has written, unless the file is gone or from another boot."""
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
        """Return the span for an unreadable file: all of this boot, and a day from now."""
        ends = self._clock.boot_seconds() + 60 * MAX_MINUTES
        always = Span(began=0.0, ends=ends, offsets=self._clock.offsets())
        return Spans(boot_id=self._clock.boot_id(), spans=(always,))
