"""``server-stub``: sign and serve a repository, accept reports, estimate shares from them."""

from __future__ import annotations

import click

from edgeagent import __version__
from edgeagent.command_group import CommandGroup
from edgeagent.help_pages import HELP_SETTINGS, sectioned
from edgeagent.man_pages import man_pages_option
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


_SECTIONS = {
    "Publish and serve": (repo, serve, deb),
    "What is known": (estimate, changes, plan, calculate),
    "Keep reports": (close, spool, backup, restore),
    "Look at it first": (demo,),
}


@click.group(
    cls=CommandGroup,
    context_settings=HELP_SETTINGS,
    **sectioned(_SECTIONS),
    examples={
        "a filled server, to look at": "server-stub demo demo",
        "how precise are 50,000 boxes?": "server-stub calculate --boxes 50000",
    },
)
@man_pages_option
@click.version_option(__version__, package_name="edgeagent")
def main() -> None:
    """Serve models and report tasks to boxes, accept their reports, estimate shares."""
