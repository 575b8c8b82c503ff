"""``server-stub``: sign and serve a repository, accept reports, estimate shares from them."""

from __future__ import annotations

import click

from edgeagent import __version__
from edgeagent.command_group import HELP_NAMES, CommandGroup
from server_stub.cli.calculate import calculate
from server_stub.cli.changes import changes
from server_stub.cli.deb import deb
from server_stub.cli.demo import demo
from server_stub.cli.estimate import estimate
from server_stub.cli.keep import backup, close, restore
from server_stub.cli.plan import plan
from server_stub.cli.repo import repo
from server_stub.cli.serve import serve
from server_stub.cli.spool import spool

__all__ = ["main"]


@click.group(cls=CommandGroup, context_settings=HELP_NAMES)
@click.version_option(__version__, package_name="edgeagent")
def main() -> None:
    """Serve models and report tasks to boxes, accept their reports, estimate shares."""


for _command in (
    repo,
    serve,
    estimate,
    changes,
    calculate,
    plan,
    close,
    backup,
    restore,
    spool,
    deb,
    demo,
):
    main.add_command(_command)
