"""One target: built, run through the tests, torn down."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.hil.requirements import Target
from tests.hil.result import TargetResult
from tests.hil.rootfs import AUTHORIZED_KEY
from tests.hil.suite import run_suite
from tests.hil.targets import Builder
from tests.hil.virtual_machine import processor_seconds
from tests.hil.wheels import build_package

__all__ = ["SHARES", "OutOfTime", "Rehearsal"]

_HERE = Path(__file__).parent
_PACKAGE_TESTS = "test_hil_systemd.py"
SHARES: dict[Target, tuple[str, ...]] = {
    "chroot": (".",),
    "vm": (
        "test_hil_clock.py",
        "test_hil_full_disk.py",
        "test_hil_old_database.py",
        "test_hil_power.py",
        "test_hil_writes.py",
    ),
    "systemd": (
        "test_hil_golden.py",
        "test_hil_install.py",
        "test_hil_loop.py",
        "test_hil_network.py",
        "test_hil_service.py",
        "test_hil_small_box.py",
        _PACKAGE_TESTS,
    ),
}
"""The machine shares the tests out between its two first processes, which run at the same time."""


class OutOfTime(Exception):
    """A rehearsal takes longer than it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What is rehearsed on a target."""

    builder: Builder
    scratch: Path
    """Gone afterwards."""
    wheel: Path
    tests: tuple[str, ...] | None = None
    """Files, or tests of them; without, all that the target is for."""
    package: Path | None = None
    """Of Debian; without, one is built where it is tried."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """For the tests."""

    def on(self, target: Target) -> TargetResult:
        """Build one target, run the tests on it, tear it down; say what came of it."""
        try:
            result = self._on(target)
        except (OutOfTime, OSError, subprocess.CalledProcessError) as error:
            result = TargetResult(target=target, suite=self.builder.suite, failed=[str(error)])
        usages = (
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        seconds = sum(usage.ru_utime + usage.ru_stime for usage in usages)
        result.processor_seconds = round(seconds + processor_seconds(self.scratch / target), 1)
        return result

    def _on(self, target: Target) -> TargetResult:
        suite, say = self.builder.suite, self.builder.say
        state = self.scratch / target
        state.mkdir()
        # An address of its own, so that no port of this machine has to be free.
        numbers = [random.randint(16, 250) for _ in range(3)]  # noqa: S311  (no secret)
        address = ".".join(map(str, [127, *numbers]))
        environment = {
            "LG_HIL_ADDRESS": address,
            "LG_HIL_PYTHON": sys.executable,
            "LG_HIL_STATE": str(state),
            "LG_HIL_WHEEL": str(self.wheel),
            **self.environment,
        }
        if target != "chroot":
            self.builder.kernel()  # while another process may be building the root file system
        tests = self.tests or SHARES[target]
        if target == "systemd" and _PACKAGE_TESTS in tests:
            say("Debian package")
            package = self.package or build_package(self.wheel, state, suite=suite)
            environment["LG_HIL_DEB"] = str(package)
        with ExitStack() as stack:
            box = self.builder.box()
            environment["LG_HIL_KEY"] = str(box / AUTHORIZED_KEY)
            running = self.builder.running(target, box=box, state=state, address=address)
            say("starting")
            stack.enter_context(running)
            return run_suite(
                target,
                suite=suite,
                tests=[_HERE / name for name in tests],
                state=state,
                environment=environment,
                say=say,
            )
