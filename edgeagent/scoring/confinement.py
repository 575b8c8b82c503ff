"""What the scoring child may not do, whatever a model makes of it.

A child holds titles in memory and runs arithmetic that somebody else wrote. It starts, asks for
this, and only then is told anything. What a kernel does not have is left out; the rest holds.
"""

from __future__ import annotations

import re
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgeagent.core_dumps import forbid_core_dumps
from edgeagent.messages import ModelFiles
from edgeagent.messages.catalogue import CATALOGUE_CAP_BYTES
from edgeagent.scoring.syscall_filter import install_filter

__all__ = [
    "ALLOWANCE_BYTES",
    "CPU_SECONDS",
    "OUT_OF_MEMORY_EXIT",
    "TIMES_CATALOGUE",
    "MemoryLimit",
    "confine",
    "limited_cpu",
]

ALLOWANCE_BYTES = 64 << 20
TIMES_CATALOGUE = 6
"""Measured on x86-64: a trial over 60,000 viewings takes 30 MiB with 10,000 titles of 128
dimensions (a file of 1.4 MiB), 90 MiB with 100,000 (13.6 MiB)."""
CPU_SECONDS = 10.0
"""Processor time for one request, reading model and catalogue included. Measured on x86-64: 0.4 s
with 100,000 titles, 0.2 s with 10,000; slow boards take ten times as long."""
OUT_OF_MEMORY_EXIT = 12
"""ENOMEM: what a child ends with that asked for more than it may have."""

_PROC = Path("/proc/self")
_FIRST_TO_GO = "1000"
"""proc(5), oom_score_adj: when the box runs out of memory, whoever gives picks goes first."""
_DATA = re.compile(r"^VmData:\s+(\d+) kB$", re.MULTILINE)


def confine(proc: Path = _PROC) -> None:
    """Give up what scoring does without: other processes, the network, writing, being looked into.

    Args:
        proc: what the kernel says of this process, and takes from it.

    """
    # Before what is said of us belongs to root, as it does once nobody may look into us.
    with suppress(OSError):
        proc.joinpath("oom_score_adj").write_text(_FIRST_TO_GO, "ascii")
    forbid_core_dumps()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # where there is no filter
    install_filter()


def _limit_data(most_bytes: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


class MemoryLimit:
    """What this process may take beside what it has: so much, and more for each catalogue.

    What counts is what it may write to (RLIMIT_DATA): libraries that are mapped cost nothing, nor
    does what is given back. (RLIMIT_AS counts both.) Counted from the start on, because OpenBLAS
    sets buffers aside that it hardly touches, of other sizes on other processors. Catalogues are
    the same for everyone: what was watched moves nothing here.
    """

    def __init__(
        self, proc: Path = _PROC, *, set_limit: Callable[[int], None] = _limit_data
    ) -> None:
        """Take what this process has for its start; where nobody says, there is no limit.

        Args:
            proc: what the kernel says of this process.
            set_limit: limits it to so many bytes.

        """
        self._set_limit = set_limit
        self._catalogues: dict[str, int] = {}
        self._start_bytes = 0
        with suppress(OSError):
            found = _DATA.search(proc.joinpath("status").read_text("ascii"))
            self._start_bytes = int(found[1]) * 1024 if found is not None else 0
        self._apply()

    def make_room(self, files: ModelFiles) -> None:
        """Allow for a catalogue that is about to be read."""
        with suppress(OSError):  # whoever reads it says so
            size_bytes = Path(files.catalogue_path).stat().st_size
            self._catalogues[files.catalogue_sha256] = min(size_bytes, CATALOGUE_CAP_BYTES)
        self._apply()

    def _apply(self) -> None:
        if self._start_bytes:
            for_catalogues = TIMES_CATALOGUE * sum(self._catalogues.values())
            self._set_limit(self._start_bytes + ALLOWANCE_BYTES + for_catalogues)


@contextmanager
def limited_cpu(seconds: float | None) -> Iterator[None]:
    """End this process if what is done in here takes longer; ``None``: however long it takes.

    The kernel ends it (SIGPROF), whatever code is running.

    """
    if seconds is None:
        yield
        return
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
