"""``server-stub repo status`` and ``log``: look at a repository, without any key."""

from __future__ import annotations

from pathlib import Path

import click

from edgeagent.clock import Clock
from edgeagent.command_group import emit_json, json_option
from edgeagent.errors import InputError
from server_stub.cli.options import at_option, repository_option
from server_stub.cli.repo.shown import say_facts

__all__ = ["log", "status"]


@click.command()
@repository_option
@at_option
@json_option
def status(*, repository: Path, clock: Clock, as_json: bool) -> None:
    """Verify a repository from its newest root downwards, and say what it holds.

    \b
    server-stub repo status --repository repository
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution.facts import repository_facts  # noqa: PLC0415  (loads tuf)

    say_facts(repository_facts(repository, now=clock.now()), as_json=as_json)


@click.command()
@repository_option
@click.option(
    "--at",
    "length",
    metavar="N",
    type=click.IntRange(min=0),
    help="The list as it was with N entries.  [default: all]",
)
@json_option
def log(*, repository: Path, length: int | None, as_json: bool) -> None:
    """Print the list of everything that was published, and its head.

    A box shows length and head of the list that it saw; they have to be those
    that this command prints, on every box.

    \b
    server-stub repo log --repository repository --at 12
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from edgeagent.messages.release_list import head  # noqa: PLC0415
    from server_stub.distribution.facts import release_list  # noqa: PLC0415  (loads tuf)

    releases = release_list(repository)
    try:
        at_length = head(releases, length)
    except ValueError as error:
        raise InputError(
            f"the list has {len(releases.entries)} entries",
            hint="a box that saw more of them was shown another list",
        ) from error
    entries = releases.entries[:length]
    if as_json:
        emit_json({"list_id": releases.list_id, "entries": entries, "head": at_length})
        return
    for number, entry in enumerate(entries, start=1):
        click.echo(f"{number:5}  {entry.kind:9}  {entry.version:5}  {entry.sha256}  {entry.name}")
    click.echo(f"list {releases.list_id}, {len(entries)} entries, head {at_length}")
