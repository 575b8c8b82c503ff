"""``edgeagent private``: watch something without it being remembered."""

from __future__ import annotations

import click

from edgeagent.cli.door import Box, emit_json, json_option, pass_box
from edgeagent.clock import iso_utc
from edgeagent.services.private_session import DEFAULT_MINUTES, MAX_MINUTES

__all__ = ["command"]


@click.group(name="private")
def command() -> None:
    """A private session: while it lasts nothing is stored, scored or counted."""


@command.command()
@click.option(
    "--minutes",
    default=DEFAULT_MINUTES,
    show_default=True,
    type=click.IntRange(1, MAX_MINUTES),
    help="It ends by itself after this long, and when the box is switched off.",
)
@json_option
@pass_box
def start(box: Box, *, minutes: int, as_json: bool) -> None:
    """Begin a private session, or begin it anew."""
    with box.open() as agent:
        _show(agent.private.start(minutes), as_json=as_json)


@command.command()
@json_option
@pass_box
def stop(box: Box, *, as_json: bool) -> None:
    """End the private session."""
    with box.open() as agent:
        agent.private.stop()
        _show(None, as_json=as_json)


@command.command()
@json_option
@pass_box
def status(box: Box, *, as_json: bool) -> None:
    """Say whether a private session is on, and until when."""
    with box.open() as agent:
        _show(agent.private.ends_at(), as_json=as_json)


def _show(ends_at: int | None, *, as_json: bool) -> None:
    if as_json:
        emit_json({"active": ends_at is not None, "ends_at": ends_at})
    else:
        click.echo(f"private until {iso_utc(ends_at)}" if ends_at else "not private")
