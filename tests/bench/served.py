"""``edgeagent serve`` in a process of its own, for benches, and what a process costs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edgeagent.api.endpoint import noted_port

__all__ = ["Served", "Watched", "served"]

_START_SECONDS = 60


class Watched:
    """A process, looked at through /proc."""

    def __init__(self, process: int) -> None:
        self.process = process

    def memory(self) -> dict[str, float]:
        """Resident MiB: all, the share that is this process's alone, and what libraries map."""
        rss, pss, mapped, path = 0, 0, 0, ""
        for line in Path(f"/proc/{self.process}/smaps").read_text("utf-8").splitlines():
            name, _, rest = line.partition(":")
            if name == "Rss":
                rss += int(rest.split()[0])
                mapped += int(rest.split()[0]) if path.startswith("/") else 0
            elif name == "Pss":
                pss += int(rest.split()[0])
            elif "-" in name.split()[0]:
                path = line.split()[-1]
        return {"rss_mib": rss / 1024, "pss_mib": pss / 1024, "libraries_mib": mapped / 1024}

    def peak_mib(self) -> float:
        """The most that was ever resident."""
        status = Path(f"/proc/{self.process}/status").read_text("utf-8")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def cpu_seconds(self) -> float:
        """Processor time of all threads, in the kernel's ticks."""
        fields = Path(f"/proc/{self.process}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def cpu_ns(self) -> int:
        """Processor time of the threads that there are, exactly."""
        tasks = Path(f"/proc/{self.process}/task").glob("*/schedstat")
        return sum(int(task.read_bytes().split()[0]) for task in tasks)

    def written_bytes(self) -> int:
        """Bytes written to disks since its start."""
        text = Path(f"/proc/{self.process}/io").read_text("utf-8")
        return int(text.split("write_bytes:")[1].split()[0])

    def child(self) -> Watched | None:
        """The scoring child, while it lives."""
        tasks = Path(f"/proc/{self.process}/task").iterdir()
        found = [word for task in tasks for word in (task / "children").read_text().split()]
        return Watched(int(found[0])) if found else None


@dataclass(frozen=True, kw_only=True)
class Served:
    """A service that answers."""

    process: Watched
    path: Path
    """Of its unix socket."""
    port: int
    """Of its WebSocket."""
    ready_seconds: float
    """From its start until it printed that it is ready."""


@contextmanager
def served(home: Path, directory: Path) -> Iterator[Served]:
    """Serve a home, its sockets below ``directory``, until the block ends."""
    path = directory / "run" / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(str(directory / "notify"))
        notices.settimeout(_START_SECONDS)
        options = ["--home", str(home), "serve", "--ws-port", "0", "--socket", str(path)]
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "edgeagent", *options],
            env=os.environ | {"NOTIFY_SOCKET": str(directory / "notify")},
            stderr=subprocess.DEVNULL,
        )
        try:
            while not notices.recv(4096).startswith(b"READY=1"):
                pass
            ready_seconds = time.perf_counter() - began
            yield Served(
                process=Watched(process.pid),
                path=path,
                port=noted_port(path.parent) or 0,
                ready_seconds=ready_seconds,
            )
        finally:
            process.terminate()
            process.wait()
