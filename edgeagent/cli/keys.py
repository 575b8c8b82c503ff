"""``edgeagent keys``: how the keys are kept, and new ones."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence

import click
import msgspec

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.wording import TranslatedGroup, words
from edgeagent.command_group import emit_json, json_option
from edgeagent.errors import InputError, StorageError
from edgeagent.services.upkeep.key_management import (
    KeyStatus,
    configured_provider,
    key_statuses,
    rotate,
)
from edgeagent.store.home_files import DATABASES

__all__ = ["command"]


@click.group(
    name="keys",
    cls=TranslatedGroup,
    examples={
        "where the keys are": "edgeagent keys status",
        "exchange the key that wraps them": "edgeagent keys rotate",
    },
)
def command() -> None:
    """The keys of this box: how they are kept, and how to exchange them."""


@command.command()
@json_option
@pass_box
def status(box: BoxOptions, *, as_json: bool) -> None:
    """Say which provider keeps the keys, how strong it is, and whether they open (else exit 5)."""
    box.require_no_other()
    provider = configured_provider(box.home, box.config())
    statuses = key_statuses(box.home, provider)
    if as_json:
        emit_json({"provider": provider.name, "keys": statuses})
    else:
        _show(provider.name, statuses)
    if any(key.state == "fails" for key in statuses):
        sys.exit(StorageError.exit_code)


def _show(provider: str, statuses: Sequence[KeyStatus]) -> None:
    click.echo(words("provider {name}", name=provider))
    for key in statuses:
        click.echo(f"{key.database:8} {key.state:6} {key.problem or key.strength}".rstrip())
        if key.hint:
            click.echo(f"  try: {key.hint}")


@command.command(name="rotate")
@click.option("--old-credential", metavar="NAME", help="The credential that was used so far.")
@click.option("--old-command", metavar="COMMAND", help="The helper that was used so far.")
@json_option
@pass_box
def rotate_(
    box: BoxOptions, *, old_credential: str | None, old_command: str | None, as_json: bool
) -> None:
    """Wrap the data keys under another key-encryption key.

    Provider file makes a new key and destroys the old one. To move to another provider, set
    key_provider in the settings first; the key files say where the old key is.
    """
    box.require_no_other()
    config = box.config()
    changes: dict[str, object] = {}
    if old_credential is not None:
        changes["key_credential"] = old_credential
    if old_command is not None:
        changes["key_command"] = _words(old_command)
    rotated = rotate(box.home, config, old_config=msgspec.structs.replace(config, **changes))
    if as_json:
        emit_json({"provider": config.key_provider, "rotated": rotated})
    elif rotated:
        click.echo(
            words(
                "{databases}: wrapped under a new key of {provider}",
                databases=", ".join(rotated),
                provider=config.key_provider,
            )
        )
    else:
        click.echo(
            words(
                "nothing to do: the key of {provider} is in use already",
                provider=config.key_provider,
            )
        )


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise InputError(f"--old-command {command!r}: {error}", hint="close the quote") from error


@command.command()
@json_option
@pass_box
def rekey(box: BoxOptions, *, as_json: bool) -> None:
    """Encrypt both databases again under new data keys, and destroy the old ones."""
    with box.open() as agent:
        agent.stores.rekey()
    if as_json:
        emit_json({"rekeyed": DATABASES})
    else:
        click.echo(words("ledger and history lie under new data keys; the old ones are destroyed"))
