"""``edgeagent``: the root command, its nouns, and where the home is."""

from __future__ import annotations

import importlib
import logging
import os
from collections import UserDict
from pathlib import Path
from typing import Any

import click
import msgspec

from edgeagent import __version__
from edgeagent.cli.box_options import BoxOptions
from edgeagent.cli.packaged_box import find_home
from edgeagent.cli.wording import TranslatedGroup, choose_language, words
from edgeagent.command_group import CommandGroup
from edgeagent.errors import EdgeAgentError
from edgeagent.help_pages import HELP_SETTINGS
from edgeagent.man_pages import man_pages_option
from edgeagent.messages.failure import Failure
from edgeagent.start import LOG_FORMAT
from edgeagent.store import require_within_reach

__all__ = ["cli", "main"]

_SECTIONS = {
    "What was watched": ("history", "title", "profile", "private"),
    "What to watch": ("recommend", "explain", "promo"),
    "Privacy": (
        "consent",
        "privacy",
        "report",
        "disclosures",
        "dashboard",
        "export",
        "import",
        "erase",
    ),
    "The box": ("model", "keys", "config", "doctor"),
    "The service": ("serve", "service"),
    "All of it, on this machine": ("simulate",),
}
_NOUNS = tuple(name for names in _SECTIONS.values() for name in names)
_HIDDEN = ("job",)
"""For the service, not for people."""
_MODULES = {"import": "import_"}  # a keyword cannot name a module


class _Nouns(UserDict[str, click.Command]):
    """Imports a noun's module when it is named, so that each command loads what it needs only."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys((*_NOUNS, *_HIDDEN), click.Command(None)))

    def __getitem__(self, name: str) -> click.Command:
        if name not in self:
            raise KeyError(name)
        module = importlib.import_module(f"edgeagent.cli.{_MODULES.get(name, name)}")
        command: click.Command = module.command
        return command


class _Root(TranslatedGroup, CommandGroup):
    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401  (click's signature)
        """Run the command line in the language of the environment."""
        choose_language(os.environ)
        return super().main(*args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_NOUNS)

    def show_error(self, ctx: click.Context, error: EdgeAgentError) -> None:
        """Say what went wrong, to a person or to the service that has started this command."""
        if ctx.params["json_errors"]:
            click.echo(msgspec.json.encode(Failure.of(error)).decode(), err=True)
        else:
            super().show_error(ctx, error)


def _default_home() -> Path:
    import platformdirs  # noqa: PLC0415  (only when nobody names a home)

    return Path(platformdirs.user_data_dir("edgeagent", appauthor=False))


class _HomePath(click.Path):
    """A directory, never the empty text that the shell makes of a variable that is not set."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if not os.fspath(value):
            self.fail(
                words("it is empty, and would mean the present directory: write '.'"), param, ctx
            )
        return super().convert(value, param, ctx)


@click.group(
    cls=_Root,
    context_settings=HELP_SETTINGS,
    commands=_Nouns(),
    sections=_SECTIONS,
    examples={
        "see all of it once, on this machine": "edgeagent simulate",
        "begin with a box of your own": "edgeagent consent show",
        "what to watch, and why": "edgeagent recommend --limit 3",
    },
)
@click.option(
    "--home",
    type=_HomePath(file_okay=False, readable=False, path_type=Path),
    envvar="EDGEAGENT_HOME",
    help="Where this box keeps its state.  [default: the user's data directory]",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="EDGEAGENT_CONFIG",
    help="Settings file.  [default: config.toml in the home]",
)
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is done, and why not.")
@click.option("--json-errors", is_flag=True, hidden=True, help="Say errors in JSON, for a process.")
@man_pages_option
@click.version_option(__version__, package_name="edgeagent")
@click.pass_context
def cli(
    ctx: click.Context,
    home: Path | None,
    config_file: Path | None,
    *,
    verbose: bool,
    json_errors: bool,
) -> None:
    """Personalization on the device: the history stays here, encrypted.

    Nothing is stored, scored or reported before it was granted:
    see 'edgeagent consent'.
    """
    del json_errors  # for the code that prints them
    if verbose:
        _log_to_stderr(ctx)
    packaged = None
    if home is None:
        home, packaged = find_home(_default_home())
    box = BoxOptions(home=home, config_file=config_file, packaged=packaged)
    require_within_reach(box.home)
    ctx.obj = box


def _log_to_stderr(ctx: click.Context) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    logger = logging.getLogger("edgeagent")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    ctx.call_on_close(lambda: logger.removeHandler(handler))


def main(prog_name: str = "edgeagent") -> None:
    """Run the command line."""
    cli(prog_name=prog_name)
