"""The PIN of the profile lock on the command line: typed unseen, or read from standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Literal, TypeVar

import click

from edgeagent.cli.wording import words
from edgeagent.errors import InputError, ProfileLocked

__all__ = ["read_new_pin", "read_pin", "with_pin"]

T = TypeVar("T")


def with_pin(act: Callable[[str | None], T]) -> T:
    """Return ``act(None)``, or ``act(pin)`` with what is typed if the profile lock asks for it.

    There is no option for it: other users of the machine see the arguments of a command.
    """
    try:
        return act(None)
    except ProfileLocked:
        pin = read_pin(words("PIN of the profile lock"))
    return act(pin)


def read_new_pin(question: str) -> str:
    """Ask twice at a terminal: nobody sees a slip, and it would lock the household out.

    Raises:
        InputError: as :func:`read_pin`.

    """
    return _read(question, again=words("The same PIN once more"))


def read_pin(question: str) -> str:
    """Ask at a terminal, without showing what is typed; else take the next line of stdin.

    Raises:
        InputError: standard input is at its end.

    """
    return _read(question, again=False)


def _read(question: str, *, again: str | Literal[False]) -> str:
    if sys.stdin.isatty():
        typed: str = click.prompt(question, hide_input=True, confirmation_prompt=again, err=True)
        return typed.strip()
    line = sys.stdin.readline()
    if not line:
        raise InputError(
            "the profile lock asks for its PIN", hint="type it at a terminal, or give it on stdin"
        )
    return line.strip()
