"""Options of the commands that sign: repository, keys, passphrases, time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeagent.clock import Clock
from edgeagent.command_output import OutputDirectory
from edgeagent.errors import InputError
from edgeagent.regular_file import read_regular
from server_stub.cli.options import at_option

if TYPE_CHECKING:
    from server_stub.distribution.operator import Lifetimes

__all__ = ["KEY_DIRECTORY", "PASSPHRASE_VARIABLE", "PassphraseSource", "operator_options"]

KEY_DIRECTORY = click.Path(file_okay=False, path_type=Path)
PASSPHRASE_VARIABLE = "EDGEAGENT_REPO_PASSPHRASE"  # noqa: S105  (a variable's name)
_PASSPHRASE_CAP_BYTES = 4096

_Command = Callable[..., None]
_Option = Callable[[_Command], _Command]

_TO_SIGN = (
    click.option(
        "--repository", required=True, type=OutputDirectory(), help="Directory to be served."
    ),
    click.option(
        "--passphrase-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"File with their passphrase.  [default: {PASSPHRASE_VARIABLE}, or a prompt]",
    ),
    at_option,
    click.option(
        "--clock-is-right", is_flag=True, help="Sign although the time is far from the last one."
    ),
)
_FOR_ROOT = (
    click.option(
        "--root-keys",
        multiple=True,
        type=KEY_DIRECTORY,
        help="Directory of a root key; once for each.  [default: the first of --keys]",
    ),
    click.option(
        "--root-passphrase-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="File with the passphrase of the root keys.  [default: that of the other keys]",
    ),
)
_TO_MAKE_KEYS = (
    click.option(
        "--no-passphrase", is_flag=True, help="Write new keys unencrypted: for trying things out."
    ),
)


class PassphraseSource:
    """A file, the environment, or a prompt; asked at most once each for old and new keys."""

    def __init__(self, file: Path | None, *, none: bool = False) -> None:
        """Take it from ``file`` if there is one; ``none``: new keys are not encrypted."""
        self._file, self._none = file, none
        self._typed: dict[Path, bytes] = {}

    def __call__(self, path: Path, *, new: bool) -> bytes | None:
        """Return the passphrase of a key file; ``None`` for a new key without encryption.

        Raises:
            InputError: the file cannot be read, or there is none for a new key.

        """
        if new and self._none:
            return None
        if self._file is not None:
            return _first_line(self._file)
        if PASSPHRASE_VARIABLE in os.environ:
            return os.fsencode(os.environ[PASSPHRASE_VARIABLE])
        if sys.stdin.isatty():
            return self._prompted(path.parent, new=new)
        if not new:
            return None
        raise InputError(
            f"no passphrase for the new key {path.name}",
            hint="give --passphrase-file FILE; or --no-passphrase, to try things out",
        )

    def _prompted(self, directory: Path, *, new: bool) -> bytes:
        if directory not in self._typed:
            typed: str = click.prompt(
                f"Passphrase of the keys in {directory}",
                hide_input=True,
                confirmation_prompt=new,
                err=True,
            )
            self._typed[directory] = typed.encode()
        return self._typed[directory]


def operator_options(
    *, makes_keys: bool = False, signs_root: bool = False
) -> Callable[[_Command], _Command]:
    """Give a command the parameter ``operator``, made from the options of this module."""

    def decorated(command: _Command) -> _Command:
        @wraps(command)
        def with_operator(
            *,
            repository: Path,
            keys: tuple[Path, ...],
            clock: Clock,
            clock_is_right: bool,
            **rest: Any,
        ) -> None:
            from server_stub.distribution.directory import (  # noqa: PLC0415  (loads tuf)
                RepositoryDirectory,
            )
            from server_stub.distribution.keys import KeyRing  # noqa: PLC0415
            from server_stub.distribution.operator import Operator  # noqa: PLC0415

            file, no_passphrase = rest.pop("passphrase_file"), rest.pop("no_passphrase", False)
            root_file = rest.pop("root_passphrase_file", None)
            passphrase = PassphraseSource(file, none=no_passphrase)
            root_passphrase = (
                passphrase if root_file is None else PassphraseSource(root_file, none=no_passphrase)
            )
            operator = Operator(
                repository=RepositoryDirectory(repository),
                keys=KeyRing(keys, passphrase=passphrase, repository=repository),
                root_keys=KeyRing(
                    rest.pop("root_keys", ()) or keys[:1],
                    passphrase=root_passphrase,
                    repository=repository,
                ),
                now=clock.now(),
                lifetimes=_lifetimes(rest),
                trust_clock=clock_is_right,
            )
            command(operator=operator, **rest)

        place = OutputDirectory() if makes_keys else KEY_DIRECTORY
        options: list[_Option] = [*_TO_SIGN[:1], _keys_option(place), *_TO_SIGN[1:]]
        options += _FOR_ROOT if signs_root else ()
        options += _TO_MAKE_KEYS if makes_keys else ()
        with_options: _Command = with_operator
        for option in reversed(options):
            with_options = option(with_options)
        return with_options

    return decorated


def _keys_option(kind: click.Path) -> _Option:
    return click.option(
        "--keys",
        required=True,
        multiple=True,
        type=kind,
        help="Directory of private keys, where nothing is served from; may be repeated.",
    )


def _lifetimes(options: dict[str, Any]) -> Lifetimes:
    """Take the options that end in ``_days``; those that a command lacks have their default."""
    from server_stub.distribution.operator import Lifetimes  # noqa: PLC0415  (loads tuf)

    names = [name for name in options if name.endswith("_days")]
    return Lifetimes(**{name: options.pop(name) for name in names})


def _first_line(path: Path) -> bytes:
    try:
        data = read_regular(path, cap_bytes=_PASSPHRASE_CAP_BYTES)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="name the file with the passphrase"
        ) from error
    line, _, rest = data.partition(b"\n")
    if not line or rest:
        raise InputError(
            f"{path} is not one line with a passphrase", hint="write it there, and nothing else"
        )
    return line.removesuffix(b"\r")
