"""``edgeagent private``: watch something without it being remembered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from edgeagent.api.presence import served_at
from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.wording import TranslatedGroup, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option
from edgeagent.messages.answers.household import PrivateSessionShape
from edgeagent.services.private_viewing.private_session import (
    DEFAULT_MINUTES,
    MAX_MINUTES,
    KeptPrivateSession,
)
from edgeagent.store.ownership import require_own

__all__ = ["command"]


@click.group(
    name="private",
    cls=TranslatedGroup,
    examples={
        "nothing is kept for two hours": "edgeagent private start --minutes 120",
        "end it earlier": "edgeagent private stop",
    },
)
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
def start(box: BoxOptions, *, minutes: int, as_json: bool) -> None:
    """Begin a private session, or restart it."""

    def begin(private: KeptPrivateSession) -> int | None:
        return private.start(minutes)

    _show(_done(box, begin, "startPrivateSession", minutes=minutes), as_json=as_json)


@command.command()
@json_option
@pass_box
def stop(box: BoxOptions, *, as_json: bool) -> None:
    """End the private session."""

    def end(private: KeptPrivateSession) -> None:
        private.stop()

    _show(_done(box, end, "stopPrivateSession"), as_json=as_json)


@command.command()
@json_option
@pass_box
def status(box: BoxOptions, *, as_json: bool) -> None:
    """Say whether a private session is on, and until when."""

    def look(private: KeptPrivateSession) -> int | None:
        private.require_certain()
        return private.ends_at()

    _show(_done(box, look, "privateSession"), as_json=as_json)


def _done(
    box: BoxOptions, here: Callable[[KeptPrivateSession], int | None], there: str, **params: int
) -> int | None:
    """Do it in the service that serves the box, else here; return when the session ends.

    A service may keep its sessions in another place than this process would.
    """
    require_own(box.home)
    socket = served_at(box.home)
    if socket is None:
        with box.look() if there == "privateSession" else box.open() as agent:
            return here(agent.private)
    return _asked(socket, there, **params)


def _asked(socket: Path, method: str, **params: int) -> int | None:
    import asyncio  # noqa: PLC0415  (only where a service runs)

    from edgeagent.dashboard.box_client import BoxClient as Service  # noqa: PLC0415  (lazy)
    from edgeagent.dashboard.box_client import Refused  # noqa: PLC0415  (lazy)

    async def ask() -> int | None:
        async with Service(socket) as service:
            return (await service.ask(method, PrivateSessionShape, **params)).ends_at

    try:
        return asyncio.run(ask())
    except Refused as refused:
        raise refused.error from refused


def _show(ends_at: int | None, *, as_json: bool) -> None:
    if as_json:
        emit_json({"active": ends_at is not None, "ends_at": ends_at})
    else:
        click.echo(
            words("private until {end}", end=iso_utc(ends_at)) if ends_at else words("not private")
        )
