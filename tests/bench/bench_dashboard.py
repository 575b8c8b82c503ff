"""What the dashboard's process costs: ``python -m tests.bench.bench_dashboard [--json]``.

Starts a real service, lets a first request start the dashboard, reads every page once, and looks at
its memory beside a bare interpreter's in the same run; then waits until it has gone. Absolute times
mean nothing on a shared machine; memory and ratios do.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from edgeagent.api.process.dashboard_socket import DashboardSocket, dashboard_command
from edgeagent.clock import SystemClock
from edgeagent.dashboard.app import ROUTES
from tests.api.running import ServiceThread
from tests.bench.figures import say
from tests.dashboard.conftest import furnish
from tests.dashboard.serving import Serving

LIMIT_MIB = 60
_IDLE_SECONDS = 2


def resident_mib(process_id: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{process_id}/status").read_text("ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def bare_mib() -> float:
    """Return what an interpreter takes that does nothing."""
    program = "print(open('/proc/self/status').read())"
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    (line,) = (line for line in said.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


class _Visitor(Serving):
    """Asks a dashboard that another process serves."""

    def __init__(self, socket_path: Path, port: int) -> None:
        self.socket_path, self.clock, self.cookies = socket_path, SystemClock(), {}
        self.sessions = self.make_sessions()
        self.port = port


async def measure(directory: Path) -> dict[str, float]:
    """Return memory in MiB, seconds to the first page, and seconds until it had gone."""
    services = ServiceThread(directory)
    running = services.start()
    furnish(running)
    door = DashboardSocket(
        0,
        command=lambda number: (
            *dashboard_command(running.socket, "en")(number),
            *("--idle-seconds", str(_IDLE_SECONDS)),
        ),
    )
    await door.open()
    visitor = _Visitor(running.socket, door.port)
    began = time.perf_counter()
    await asyncio.to_thread(visitor.enter)
    first_seconds = time.perf_counter() - began
    paths = [way.path for way in ROUTES if way.method == "GET"]
    for path in paths:
        await asyncio.to_thread(visitor.get, path)
    process_id = door.process_id
    memory = 0.0 if process_id is None else resident_mib(process_id)
    began = time.perf_counter()
    await door.gone()
    gone_seconds = time.perf_counter() - began
    await door.close()
    services.stop()
    return {
        "dashboard_mib": memory,
        "bare_python_mib": bare_mib(),
        "limit_mib": LIMIT_MIB,
        "first_answer_seconds": first_seconds,
        "idle_setting_seconds": _IDLE_SECONDS,
        "gone_after_seconds": gone_seconds,
        "pages_read": len(paths),
    }


def main() -> int:
    """Measure, print, and fail when it is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        figures = asyncio.run(measure(Path(directory)))
    say(figures, as_json=options.json)
    return int(not 0 < figures["dashboard_mib"] <= LIMIT_MIB)


if __name__ == "__main__":
    sys.exit(main())
