"""The root of every command line of the project: how an error looks and what exit code it gives."""

from __future__ import annotations

import os
import sys

import click

from edgeagent.errors import EdgeAgentError

__all__ = ["INTERRUPTED_EXIT_CODE", "CommandGroup"]

INTERRUPTED_EXIT_CODE = 130


class CommandGroup(click.Group):
    """A click group that answers with one line, the way out, and an exit code; no traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except EdgeAgentError as error:
            click.echo(f"error: {error}", err=True)
            if error.hint:
                click.echo(f"  try: {error.hint}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted; nothing is left half done", err=True)
            ctx.exit(INTERRUPTED_EXIT_CODE)
        except BrokenPipeError:
            # The reader has gone (as with "| head"); Python must not complain while it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)
