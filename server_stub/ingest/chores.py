"""What a running server does beside answering: it closes windows, in another process.

Summing a million reports would take the interpreter from those who send new ones.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path

from edgeagent.clock import Clock, iso_utc

__all__ = ["Chore", "keep_closing_windows", "run_together"]

_INTERVAL_SECONDS = 3600.0
_log = logging.getLogger(__name__)


Chore = Callable[[], Coroutine[None, None, None]]


async def run_together(chores: Sequence[Chore]) -> None:
    """Run chores side by side, until cancelled; one that fails ends the others."""
    async with asyncio.TaskGroup() as group:
        for chore in chores:
            group.create_task(chore())


async def keep_closing_windows(
    store: Path,
    *,
    clock: Clock,
    grace_weeks: int,
    options: Sequence[str] = (),
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Close windows now and once an hour, until cancelled.

    Args:
        store: whose windows.
        clock: says what is over.
        grace_weeks: how long after its week a report is accepted.
        options: more of ``server-stub close``.
        pause: waits.

    """
    while True:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server_stub", "close", "--store", str(store)),
            *("--grace-weeks", str(grace_weeks), "--at", iso_utc(clock.now())),
            *options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            if await process.wait():
                _log.warning("windows could not be closed: exit code %d", process.returncode)
            await pause(_INTERVAL_SECONDS)
        except asyncio.CancelledError:
            if process.returncode is None:
                process.terminate()  # every step leaves the store whole, and the next one goes on
                await process.wait()
            raise
