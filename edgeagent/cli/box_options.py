"""What every command shares: which home, and how to print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from edgeagent.agent import Agent, Environment
from edgeagent.api.presence import sessions_of
from edgeagent.cli.packaged_box import PackagedBox
from edgeagent.cli.wording import counted, words
from edgeagent.config import Config, config_source, load_config
from edgeagent.errors import StorageError
from edgeagent.store.home_files import holds_box

__all__ = [
    "BoxOptions",
    "called_off",
    "forgotten",
    "pass_box",
    "profile_option",
    "reports_called_off",
    "socket_option",
    "yes_option",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxOptions:
    """The home and settings that the options of the root command name."""

    home: Path
    config_file: Path | None
    packaged: PackagedBox | None = None
    """The box of this machine's service, where no home was named and this user has no box."""

    def require_no_other(self) -> None:
        """Refuse to go on where this user has no box, and the service of this machine has one.

        Raises:
            WrongOwner: it says whose it is, and how to reach it.

        """
        if self.packaged is not None:
            raise self.packaged.refusal()

    def config(self) -> Config:
        """Read the settings."""
        return load_config(self.home, self.config_file)

    def config_source(self) -> Path | None:
        """Return the file that the settings come from; none: they are the defaults."""
        return config_source(self.home, self.config_file)

    @contextmanager
    def open(
        self, *, writes: bool = False, environment: Environment | None = None
    ) -> Iterator[Agent]:
        """Open the agent for the length of one command.

        Args:
            writes: whether the command writes; then housekeeping follows it.
            environment: everything outside that the agent is given; the real thing without.

        """
        self.require_no_other()
        outside = environment or _environment_of(self.home)
        with Agent.open(self.home, config=self.config(), environment=outside) as agent:
            yield agent
            if writes:
                with suppress(StorageError):  # the command is done; the next one tries again
                    agent.housekeeping()

    @contextmanager
    def look(self) -> Iterator[Agent]:
        """Open the agent of a command that only reads: where there is no box, none is made.

        It reads an empty one then, which is gone afterwards, and says so.
        """
        self.require_no_other()
        if holds_box(self.home):
            with self.open() as agent:
                yield agent
            return
        missing = words("no box in {home} yet: this is what a new one holds", home=self.home)
        click.echo(missing, err=True)
        from tempfile import TemporaryDirectory  # noqa: PLC0415  (0.5 MiB that serving never needs)

        with TemporaryDirectory(prefix="edgeagent-") as directory:
            place = Path(directory)
            # A vendor's helper is not to keep a key for it.
            config = msgspec.structs.replace(self.config(), key_provider="file")
            outside = Environment(runtime_directory=place)
            with Agent.open(place / "home", config=config, environment=outside) as agent:
                yield agent


def _environment_of(home: Path) -> Environment:
    """Return the real environment, with the private sessions of the service that serves ``home``.

    What it does not store may not be stored beside it, whatever the environment of either.
    """
    sessions = sessions_of(home)
    return Environment() if sessions is None else Environment(runtime_directory=sessions)


pass_box = click.make_pass_decorator(BoxOptions)

socket_option = click.option(
    "--socket",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="EDGEAGENT_SOCKET",
    help="The unix socket of the service.  [default: in the runtime directory]",
)
profile_option = click.option(
    "--profile",
    "named_profile",
    metavar="NAME",
    help="Whose history, recommendations and consent.  [default: the active profile]",
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def reports_called_off() -> str:
    """Return what a deletion or a withdrawal has done to reports."""
    return words("a report that waited or was being counted is called off; its debit stays")


def called_off(agent: Agent, *, withdraws: bool = False) -> str:
    """Return what a deletion has done to reports, and to consents if it withdraws them."""
    if not agent.erasure.owes():
        return reports_called_off()
    owed = words(
        "the ledger is broken: nothing is sent, and a report that waits is called off once it is "
        "whole"
    )
    if not withdraws:
        return owed
    again = words("consents could not be withdrawn and hold again then: edgeagent consent withdraw")
    return f"{owed}\n{again}"


def forgotten(viewings: int, entity_id: str) -> str:
    """Return how many viewings of a title were deleted."""
    return counted(
        "deleted {number} viewing of {id}",
        "deleted {number} viewings of {id}",
        viewings,
        id=entity_id,
    )
