"""Emulated targets, built from what the cache has and from nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.hil import first_process, kernel, rootfs, virtual_machine, wheels
from tests.hil.cache import Cache
from tests.hil.chroot import chroot
from tests.hil.requirements import Target
from tests.hil.rootfs import Suite

__all__ = ["Builder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """Builds targets of one suite of Debian."""

    cache: Cache
    suite: Suite
    say: Callable[[str], None]
    """Prints what is being built."""

    def box(self) -> Path:
        """Return a directory with a root file system that has all but our wheel, and its key."""
        suite, wanted = self.suite, wheels.dependencies()

        def build(directory: Path) -> None:
            self.say(f"{suite}: root file system")
            rootfs.build_rootfs(directory, suite=suite)
            self.say(f"{suite}: wheels for aarch64")
            wheels.install_dependencies(directory / "root", suite=suite)
            wheels.compile_sources(directory / "root", suite=suite, say=self.say)

        return self.cache.get("box", recipe=(suite, wanted, _code(rootfs, wheels)), build=build)

    def running(
        self, target: Target, *, box: Path, state: Path, address: str
    ) -> AbstractContextManager[None]:
        """Return what starts and stops a target; what that needs is built before.

        Args:
            target: which.
            box: from :meth:`box`.
            state: an empty directory for the time it runs.
            address: of loopback, for its sshd.

        """
        if target == "chroot":
            return chroot(state, root=box / "root", address=address)
        return virtual_machine.virtual_machine(
            state,
            init="systemd" if target == "systemd" else "script",
            image=self._image(box),
            kernel=self.kernel(),
            address=address,
        )

    def kernel(self) -> Path:
        """Return a directory with what a machine is started with."""

        def build(directory: Path) -> None:
            self.say(f"{self.suite}: kernel")
            kernel.build_kernel(directory, suite=self.suite)

        return self.cache.get("kernel", recipe=(self.suite, _code(kernel)), build=build)

    def _image(self, box: Path) -> Path:
        def build(directory: Path) -> None:
            self.say(f"{self.suite}: disk image")
            virtual_machine.build_image(directory, root=box / "root")

        return self.cache.get(
            "image", recipe=(box.name, _code(virtual_machine, first_process)), build=build
        )


def _code(*modules: ModuleType) -> tuple[str, ...]:
    """Return the source that builds something: part of its recipe."""
    return tuple(inspect.getsource(module) for module in modules)
