"""Man pages of a command line, by click-man, when a distribution is built."""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import click

from edgeagent import __version__
from edgeagent.help_pages import HelpfulCommand

__all__ = ["man_pages_option"]

_WHOLE_SENTENCE = 10_000
_NO_DOMAIN = "messages"
"""gettext's own, for which there is no catalogue: pages are English on every machine."""


def _write(ctx: click.Context, _option: click.Parameter, directory: Path | None) -> None:
    if directory is None or ctx.resilient_parsing:
        return
    try:
        from click_man.core import write_man_pages  # noqa: PLC0415  (an extra, for building)
    except ModuleNotFoundError as error:
        # Not one of ours: options of the root are read before anything shows those.
        message = "man pages need click-man: pip install 'edgeagent[release]'"
        raise click.UsageError(message, ctx) from error
    directory.mkdir(parents=True, exist_ok=True)
    root = _told_whole(ctx.command, ctx)
    with _in_english():
        write_man_pages(
            str(ctx.info_name), root, version=__version__, target_dir=os.fspath(directory)
        )
    _add_examples(root, directory / f"{ctx.info_name}.1")
    ctx.exit()


def _told_whole(command: click.Command, ctx: click.Context) -> click.Command:
    """Return a command as click-man takes it: it cuts summaries, and lists what is hidden."""
    told = copy(command)
    told.short_help = command.get_short_help_str(_WHOLE_SENTENCE)
    if isinstance(command, click.Group) and isinstance(told, click.Group):
        found = {name: command.get_command(ctx, name) for name in command.list_commands(ctx)}
        told.commands = {name: _told_whole(one, ctx) for name, one in found.items() if one}
    return told


def _add_examples(command: click.Command, page: Path) -> None:
    """Write below a page what click-man does not know of, and below those of its commands."""
    if isinstance(command, HelpfulCommand) and command.examples:
        with page.open("a", encoding="utf-8") as file:
            file.write(".SH EXAMPLES\n")
            for what, line in command.examples.items():
                typed = line.replace("\\", "\\e").replace("-", "\\-")
                file.write(f".TP\n{what}\n.B {typed}\n")
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            _add_examples(below, page.with_name(f"{page.stem}-{name}.1"))


@contextmanager
def _in_english() -> Iterator[None]:
    chosen = gettext.textdomain()
    gettext.textdomain(_NO_DOMAIN)
    try:
        yield
    finally:
        gettext.textdomain(chosen)


man_pages_option = click.option(
    "--man-pages",
    type=click.Path(file_okay=False, path_type=Path),
    is_eager=True,
    expose_value=False,
    hidden=True,  # for those who build packages
    callback=_write,
)
"""Writes the man pages of a program, one a command, and ends; SOURCE_DATE_EPOCH is their date."""
