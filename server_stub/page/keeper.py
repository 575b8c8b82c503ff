"""Keep the page's figures: worked out when someone looks, and not again for ten minutes."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from edgeagent.clock import Clock, iso_utc
from server_stub.page.figures import PageFigures

__all__ = ["FigureKeeper", "in_another_process"]

FRESH_SECONDS = 600.0
"""Reports of a week trickle in for days; ten minutes more or less show nothing new."""
AGAIN_SECONDS = 30.0
"""After a failure: a store that is being restored is there again soon."""
_PATIENCE_SECONDS = 4.0
"""So long a first look waits; a demo of a million reports takes longer, a new server does not."""
WORK_SECONDS = 600.0
"""So long figures may be in work: far longer than millions of reports take."""
_LAST_SECONDS = 5.0
"""So long a process that was killed is waited for."""
_log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[PageFigures]]


class CannotCompute(Exception):
    """The figures could not be worked out; the text says why."""


def in_another_process(
    source: Sequence[str],
    repository: Path,
    *,
    clock: Clock,
    half_width: float,
    portrait: Path | None = None,
    limit_seconds: float = WORK_SECONDS,
) -> Work:
    """Return what works the figures out beside this process.

    Args:
        source: the options that name it: ``--store`` and its path, or ``--spool``.
        repository: names tasks and segments.
        clock: gives the time.
        half_width: what is less precise is withheld, as a share.
        portrait: of the panel, for briefs of segments.
        limit_seconds: what takes longer is ended: a disk that hangs would stop all later figures.

    """

    async def work() -> PageFigures:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server_stub.page", *source),
            *("--repository", str(repository), "--half-width", repr(half_width)),
            *("--at", iso_utc(clock.now())),
            *(("--portrait", str(portrait)) if portrait else ()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the server, which ends it without a word
        )
        try:
            said, complaint = await asyncio.wait_for(process.communicate(), limit_seconds)
        except TimeoutError as error:
            raise CannotCompute(f"not done after {limit_seconds:g} seconds, and ended") from error
        finally:
            if process.returncode is None:
                process.kill()  # it only reads; one that hangs may not listen to a wish
                with suppress(TimeoutError):  # one that waits for a dead disk cannot be killed
                    await asyncio.wait_for(process.wait(), _LAST_SECONDS)
        if process.returncode:
            last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
            raise CannotCompute(last or f"exit code {process.returncode}")
        return msgspec.json.decode(said, type=PageFigures)

    return work


class FigureKeeper:
    """Works figures out when asked for, one at a time, and keeps the last ones."""

    def __init__(
        self, work: Work, *, clock: Clock, patience_seconds: float = _PATIENCE_SECONDS
    ) -> None:
        """Keep what ``work`` returns; a look waits at most ``patience_seconds`` for the first."""
        self.trouble = ""
        """Why the last attempt failed; empty if it did not."""
        self._work = work
        self._clock = clock
        self._patience = patience_seconds
        self._figures: PageFigures | None = None
        self._fresh_until = 0.0
        self._wanted = asyncio.Event()
        self._tried = asyncio.Event()

    async def latest(self) -> PageFigures | None:
        """Return the figures, older ones while newer are in work; ``None``: the first still are."""
        if self._clock.boot_seconds() >= self._fresh_until:
            self._wanted.set()
        if self._figures is None:
            try:
                await asyncio.wait_for(self._tried.wait(), self._patience)
            except TimeoutError:
                return None
        return self._figures

    async def run(self) -> None:
        """Work figures out whenever they are wanted, until cancelled; the first at once."""
        self._wanted.set()
        while True:
            await self._wanted.wait()
            try:
                self._figures = await self._work()
                self.trouble, lasts = "", FRESH_SECONDS
            except Exception as error:  # noqa: BLE001  (told on the page; windows are closed all the same)
                self.trouble, lasts = str(error), AGAIN_SECONDS
                _log.warning("the page's figures could not be worked out: %s", error)
            self._fresh_until = self._clock.boot_seconds() + lasts
            self._wanted.clear()
            self._tried.set()
