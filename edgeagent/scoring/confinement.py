"""Confine the scoring child, even if a model takes it over.

The child holds viewings in memory and runs arithmetic from a downloaded file. It confines itself at
start, before it reads any call. Measures that a kernel does not support are skipped; the others
apply.
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
"""CPU time for one request, reading model and catalogue included. Measured on x86-64: 0.4 s with
100,000 titles, 0.2 s with 10,000; slow boards take ten times as long."""
OUT_OF_MEMORY_EXIT = 12
"""ENOMEM: the exit status of a child that exceeded its memory limit."""

_PROC = Path("/proc/self")
_FIRST_TO_GO = "1000"
"""proc(5), oom_score_adj: when the box runs out of memory, the scoring child is killed first."""
_DATA = re.compile(r"^VmData:\s+(\d+) kB$", re.MULTILINE)


def confine(proc: Path = _PROC) -> None:
    """Give up access to other processes, the network and writing, and forbid being inspected.

    Args:
        proc: the process's directory in /proc.

    """
    # First, because once the process is not dumpable its files in /proc belong to root.
    with suppress(OSError):
        proc.joinpath("oom_score_adj").write_text(_FIRST_TO_GO, "ascii")
    forbid_core_dumps()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # for machines without the filter
    install_filter()


def _limit_data(most_bytes: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


class MemoryLimit:
    """The memory this process may allocate beyond its present use: a base, and more per catalogue.

    RLIMIT_DATA counts writable memory only; RLIMIT_AS would also count mapped libraries and freed
    memory. The limit is relative to the use at start, because OpenBLAS allocates hardly touched
    buffers whose size differs between processors. Catalogues are the same for every box, so the
    limit does not depend on viewings.
    """

    def __init__(
        self, proc: Path = _PROC, *, set_limit: Callable[[int], None] = _limit_data
    ) -> None:
        """Measure the present use; without /proc there is no limit.

        Args:
            proc: the process's directory in /proc.
            set_limit: sets the limit in bytes.

        """
        self._set_limit = set_limit
        self._catalogues: dict[str, int] = {}
        self._start_bytes = 0
        with suppress(OSError):
            found = _DATA.search(proc.joinpath("status").read_text("ascii"))
            self._start_bytes = int(found[1]) * 1024 if found is not None else 0
        self._apply()

    def make_room(self, files: ModelFiles) -> None:
        """Raise the limit for a catalogue that is about to be read."""
        with suppress(OSError):  # reading it will raise the error
            size_bytes = Path(files.catalogue_path).stat().st_size
            self._catalogues[files.catalogue_sha256] = min(size_bytes, CATALOGUE_CAP_BYTES)
        self._apply()

    def _apply(self) -> None:
        if self._start_bytes:
            for_catalogues = TIMES_CATALOGUE * sum(self._catalogues.values())
            self._set_limit(self._start_bytes + ALLOWANCE_BYTES + for_catalogues)


@contextmanager
def limited_cpu(seconds: float | None) -> Iterator[None]:
    """Kill this process if the block uses more CPU time than this; ``None``: no limit.

    The kernel does so (SIGPROF), whatever code is running.

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
