"""sweep.html: the sweep as one page."""

from __future__ import annotations

from pathlib import Path

from edgeagent.simulator.page import write_page
from edgeagent.simulator.pictures.sweep import sweep_picture
from edgeagent.simulator.sweep import Sweep

__all__ = ["write_sweep_page"]


def write_sweep_page(sweep: Sweep, path: Path) -> Path:
    """Write the page and return where it is.

    Raises:
        OutputError: it cannot be written.

    """
    return write_page(
        "sweep.html",
        path,
        seed=sweep.seed,
        sweep=sweep,
        rows=sweep.rows,
        picture=sweep_picture(sweep),
    )
