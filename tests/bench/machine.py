"""What a figure was made on: it means little without."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

__all__ = ["machine_facts"]


def machine_facts(*packages: str) -> dict[str, str | float]:
    """Return processor, memory, load, and versions of the interpreter and of some packages."""
    return {
        "processor": _first("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "memory_mib": int(_first("/proc/meminfo", r"MemTotal:\s*(\d+)") or 0) // 1024,
        "load": round(os.getloadavg()[0], 1),
        "system": platform.system() + " " + platform.release().partition("-")[0],
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def _first(path: str, pattern: str) -> str | None:
    found = re.search(pattern, Path(path).read_text())
    return found[1].strip() if found else None
