"""Commands that a text names, and whether the command line has them."""

from __future__ import annotations

import re

import click

from edgeagent.cli.root import cli as edgeagent_cli
from model_export.cli import main as model_export_cli
from server_stub.cli import main as server_stub_cli

_PROGRAMS: dict[str, click.Command] = {
    "edgeagent": edgeagent_cli,
    "model-export": model_export_cli,
    "server-stub": server_stub_cli,
}
_NAMED = re.compile(r"`((?:edgeagent|model-export|server-stub)(?: [^`\n]+))`")


def commands_named(text: str) -> list[str]:
    """Return every command that stands between backticks, in the order of the text."""
    return _NAMED.findall(text)


def is_command(line: str) -> bool:
    """Say whether the words of a line lead to a command that has the options it names.

    Arguments follow the command; a noun alone counts only if it does something by itself.
    """
    program, *words = line.split()
    command = _PROGRAMS[program]
    while isinstance(command, click.Group):
        if not words:
            return command.invoke_without_command
        found = command.get_command(click.Context(command), words.pop(0))
        if found is None:
            return False
        command = found
    known = {name for option in command.params for name in option.opts}
    return {word for word in words if word.startswith("-")} <= known
