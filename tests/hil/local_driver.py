"""This machine as a labgrid target."""

from __future__ import annotations

from labgrid import step, target_factory
from labgrid.driver import Driver
from labgrid.driver.commandmixin import CommandMixin
from labgrid.protocol import CommandProtocol, FileTransferProtocol

from tests.hil.local_shell import LocalShell


@target_factory.reg_driver
class LocalCommandDriver(CommandMixin, Driver, CommandProtocol, FileTransferProtocol):  # type: ignore[misc]  # labgrid has no types
    """labgrid's two protocols over :class:`LocalShell`."""

    @Driver.check_active
    @step(args=["cmd"], result=True)
    def run(self, cmd: str, **options: object) -> tuple[list[str], list[str], int]:
        return self._run(cmd, **options)

    def _run(self, cmd: str, **options: object) -> tuple[list[str], list[str], int]:
        return LocalShell().run(cmd, **options)  # type: ignore[arg-type]  # as labgrid names them

    @Driver.check_active
    @step(args=["filename", "remotepath"])
    def put(self, filename: str, remotepath: str) -> None:
        LocalShell().put(filename, remotepath)

    @Driver.check_active
    @step(args=["filename", "destination"])
    def get(self, filename: str, destination: str) -> None:
        LocalShell().get(filename, destination)

    def get_status(self) -> int:
        return 1
