"""Every command of a command line, for tests that hold something against all of them."""

from __future__ import annotations

from collections.abc import Iterator

import click

__all__ = ["commands_of"]


def commands_of(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield a command and all below it, each with the nouns that lead to it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, name
            yield from commands_of(below, (*path, name))
