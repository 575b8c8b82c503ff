"""``server-stub repo``: make, sign and look at the repository that boxes download from."""

from __future__ import annotations

import click

from edgeagent.help_pages import HelpfulGroup
from server_stub.cli.repo.content import promote, publish, publish_creatives, rollback, stop
from server_stub.cli.repo.look import log, status
from server_stub.cli.repo.signing import init, new_list, refresh, rotate_keys, show_root, sign_root

__all__ = ["repo"]


@click.group(
    cls=HelpfulGroup,
    examples={
        "keys and an empty repository": "server-stub repo init --repository repo --keys keys",
        "sign what 'model-export export' wrote": (
            "server-stub repo publish export --repository repo --keys keys"
        ),
        "sign what 'model-export creatives pack' wrote": (
            "server-stub repo publish-creatives pack --repository repo --keys keys"
        ),
    },
)
def repo() -> None:
    """Make, sign and look at the repository that boxes download from.

    A repository is a directory that any web server can serve. Commands that
    change it need private keys, which lie elsewhere, and are all or nothing:
    a box sees the state before or the state after.
    """


for _command in (
    init,
    publish,
    publish_creatives,
    promote,
    rollback,
    stop,
    refresh,
    rotate_keys,
    sign_root,
    show_root,
    new_list,
    status,
    log,
):
    repo.add_command(_command)
