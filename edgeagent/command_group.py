"""The root of every command line of the project: how an error looks and what exit code it gives.

What a command prints may fail to arrive: a full disk, a reader that has gone, no stdout at all.
Standard output and error are watched, so that this is told from any other error of the system.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click
import msgspec

from edgeagent.errors import EdgeAgentError, InputError, OutputError
from edgeagent.help_pages import HelpfulGroup
from edgeagent.start import end_interrupted
from edgeagent.terminal_lines import TerminalLines, whole_lines

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CommandGroup", "emit_document", "emit_json", "json_option", "print_error"]

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, for machines."
)

_READER_GONE = 1
"""click's exit code for a pipe that nobody reads any more."""
_IN_UTF_8 = "write it in UTF-8, or set the terminal to it"


def emit_json(value: object) -> None:
    """Print ``value`` as one line of JSON."""
    emit_document(msgspec.json.encode(value, enc_hook=_plain).decode() + "\n")


def emit_document(text: str) -> None:
    """Print what is for programs or a file: at a terminal, too, no line of it is broken."""
    with whole_lines(sys.stdout):
        click.echo(text, nl=False)


def _plain(value: object) -> str:
    if isinstance(value, PurePath):  # of a file that an answer names
        return str(value)
    message = f"{type(value).__name__} in an answer"
    raise NotImplementedError(message)  # so msgspec is told that a hook does not know a type


class CommandGroup(HelpfulGroup):
    """A click group that answers with one line, the way out, and an exit code; no traceback."""

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401  (click's signature)
        """Run the command line, help texts included, and see that what it prints arrives."""
        _open_missing_streams()
        with _watched("stdout"), _watched("stderr"):
            try:
                try:
                    return super().main(*args, **extra)
                finally:
                    sys.stdout.flush()
            except _Unwritten as lost:
                _print_lost(lost)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except EdgeAgentError as error:
            self.show_error(ctx, error)
            ctx.exit(error.exit_code)
        except UnicodeEncodeError as error:
            # Only an argument can hold bytes that are not UTF-8: files are decoded strictly.
            print_error(InputError(f"an argument is no text: {error.object!a}", hint=_IN_UTF_8))
            ctx.exit(InputError.exit_code)
        except OSError as error:
            if error.filename is None:
                raise
            print_error(InputError(f"{error.filename}: {error.strerror}", hint="check that path"))
            ctx.exit(InputError.exit_code)
        except (KeyboardInterrupt, click.Abort) as ended:
            # A prompt that is interrupted ends like one that is answered with no.
            if KeyboardInterrupt not in {type(ended), type(ended.__context__)}:
                raise
            end_interrupted()

    def show_error(self, ctx: click.Context, error: EdgeAgentError) -> None:
        """Say what went wrong, to a person."""
        del ctx
        print_error(error)


def print_error(error: EdgeAgentError) -> None:
    """Print what happened and the way out on stderr; where that is gone, nobody listens."""
    with suppress(OSError):
        click.echo(f"error: {error}", err=True)
        if error.hint:
            click.echo(f"  try: {error.hint}", err=True)


class _Unwritten(OSError):
    """What was printed did not arrive. It has no ``errno``: click keeps quiet about EPIPE."""


class _Stream(io.FileIO):
    """A standard stream whose failures are told from those of other files."""

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise _Unwritten(error.strerror) from error


def _print_lost(lost: _Unwritten) -> NoReturn:
    if isinstance(lost.__cause__, BrokenPipeError):  # such as head, which has read enough
        sys.exit(_READER_GONE)
    error = OutputError(
        f"the output cannot be written: {lost}",
        hint="what the command did before is done; let it print to another place",
    )
    print_error(error)
    sys.exit(error.exit_code)


@contextmanager
def _watched(name: str) -> Iterator[None]:
    """Replace a stream of ``sys`` while the block lasts.

    A character that the terminal's encoding lacks is written as its number.
    """
    stream: TextIO = getattr(sys, name)
    try:
        number = stream.fileno()
    except OSError:  # a buffer of a test
        yield
        return
    stream.flush()
    lines = TerminalLines if stream.isatty() else io.TextIOWrapper
    watched = lines(
        io.BufferedWriter(_Stream(number, "w", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=True,
    )
    setattr(sys, name, watched)
    try:
        yield
    finally:
        setattr(sys, name, stream)


def _open_missing_streams() -> None:
    """Open stdin, stdout and stderr where the parent process left them closed.

    Their numbers would go to the next files that are opened, such as a database, and what is
    printed would be written into them. Opened for reading only, they refuse to be written to.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDONLY)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
