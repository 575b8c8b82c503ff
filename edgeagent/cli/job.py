"""``edgeagent job``: what the service has done by others, each in a process of its own.

Not for people: ``model update`` and ``report send`` are. On the network it opens the ledger and no
history.
"""

from __future__ import annotations

import click

from edgeagent.agent import Environment
from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.wording import TranslatedGroup

__all__ = ["command"]

_moment_option = click.option(
    "--moment", type=float, help="When the first request begins, in seconds since the boot."
)


@click.group(name="job", cls=TranslatedGroup, hidden=True)
def command() -> None:
    """What the service has done by others, a process each time."""


@command.command()
@pass_box
def prepare(box: BoxOptions) -> None:
    """Make the box where there is none: it takes what the service never loads."""
    with box.open():
        pass


@command.command()
@_moment_option
@pass_box
def fetch(box: BoxOptions, *, moment: float | None) -> None:
    """Fetch and verify what is published; a new model waits to be tried."""
    with box.open(environment=Environment(network_only=True, network_moment=moment)) as agent:
        agent.models.fetch()


@command.command()
@_moment_option
@pass_box
def send(box: BoxOptions, *, moment: float | None) -> None:
    """Send the reports that are due."""
    with box.open(environment=Environment(network_only=True, network_moment=moment)) as agent:
        agent.send_reports()
