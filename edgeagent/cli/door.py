"""What every command shares: which home, how to print, what an error looks like."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
import msgspec

from edgeagent.agent import Agent
from edgeagent.config import load_config
from edgeagent.errors import EdgeAgentError

__all__ = [
    "INTERRUPTED_EXIT_CODE",
    "Box",
    "emit_json",
    "json_option",
    "pass_box",
    "profile_option",
    "run",
]

INTERRUPTED_EXIT_CODE = 130

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The home and settings that the options of the root command name."""

    home: Path
    config_file: Path | None

    @contextmanager
    def open(self) -> Iterator[Agent]:
        """Open the agent for the length of one command."""
        config = load_config(self.home, self.config_file)
        with Agent.open(self.home, config=config) as agent:
            yield agent


pass_box = click.make_pass_decorator(Box)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, for machines."
)
profile_option = click.option(
    "--profile", default="main", show_default=True, help="Whose history, picks and consent."
)


def emit_json(value: object) -> None:
    """Print ``value`` as one line of JSON."""
    click.echo(msgspec.json.encode(value).decode())


def run(command: Callable[P, T]) -> Callable[P, T]:
    """Turn an EdgeAgentError into one line on stderr, the way out, and its exit code."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except EdgeAgentError as error:
            click.echo(f"error: {error}", err=True)
            if error.hint:
                click.echo(f"  try: {error.hint}", err=True)
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("interrupted; nothing is left half done", err=True)
            sys.exit(INTERRUPTED_EXIT_CODE)
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(1)

    return guarded
