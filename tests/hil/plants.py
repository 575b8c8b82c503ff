"""Faults that are built into our wheel on purpose: a rehearsal has to notice each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.hil.requirements import Target

__all__ = ["PLANTS", "Plant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One fault, as a change to one file of the sources that the wheel is built from."""

    path: str
    healthy: str
    faulty: str
    noticed_by: str
    """The test that has to fail, as ``file::name``."""
    noticed_on: tuple[Target, ...]
    """Where it can."""

    def put_into(self, sources: Path) -> None:
        """Change the sources.

        Raises:
            ValueError: the place is not there (any more), or not the only one.

        """
        file = sources / self.path
        text = file.read_text("utf-8")
        if text.count(self.healthy) != 1:
            message = f"{self.path}: {self.healthy!r} is there {text.count(self.healthy)} times"
            raise ValueError(message)
        file.write_text(text.replace(self.healthy, self.faulty), "utf-8")


PLANTS = {
    "synchronous-off": Plant(
        path="edgeagent/store/database.py",
        healthy="PRAGMA synchronous = FULL",
        faulty="PRAGMA synchronous = OFF",
        noticed_by="test_hil_power.py::test_power_cuts_lose_nothing_acknowledged",
        noticed_on=("vm",),
    ),
    "synchronous-normal": Plant(
        path="edgeagent/store/database.py",
        healthy="PRAGMA synchronous = FULL",
        faulty="PRAGMA synchronous = NORMAL",
        noticed_by="test_hil_power.py::test_power_cuts_lose_nothing_acknowledged",
        noticed_on=("vm",),
    ),
    "golden-off": Plant(
        path="edgeagent/features/golden.py",
        healthy='arrays[f"{number}.{name}"].astype(np.float64) for name in _OUTPUTS',
        faulty='1.01 * arrays[f"{number}.{name}"].astype(np.float64) for name in _OUTPUTS',
        noticed_by="test_hil_golden.py::test_golden_vectors_hold_and_match_this_machine",
        noticed_on=("chroot", "systemd"),
    ),
    "scorer-leak": Plant(
        path="edgeagent/scoring/child.py",
        healthy="    signal.signal(signal.SIGINT, signal.SIG_IGN)\n",
        faulty="    signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "    globals()['leaked'] = b'leak' * (50 << 18)  # 50 MiB\n",
        noticed_by=(
            "test_hil_service.py::test_the_service_and_its_child_stay_within_their_budgets"
        ),
        noticed_on=("systemd",),  # sizes mean nothing in a chroot
    ),
}
