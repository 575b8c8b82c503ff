"""Commands as pages write them, held against the programs: does each noun and option exist?"""

from __future__ import annotations

import importlib.util
import re
import shlex

import click

from tests.pages.found import ROOT
from tests.pages.made import PROGRAMS

__all__ = ["faults", "found_commands"]

_SEPARATORS = re.compile(r"\s(?:&&|\|\||\||;|&)\s|\$\(|\)\"?|;\s*(?:do|then|done)\b")
_BEFORE = re.compile(
    r"^(?:sudo(?: -u \w+)?|nice(?: -n \d+)?|exec|time|\w+=\S*|#|\$|\.venv/bin/(?=\S))\s*"
)


def found_commands(line: str) -> list[str]:
    """Return the commands of a shell line that are ours to keep true.

    Args:
        line: one line, continued ones joined; comments, pipes and assignments are left out.

    """
    commands = []
    for part in _SEPARATORS.split(line.partition(" #")[0]):
        command = part.strip()
        while _BEFORE.match(command):
            command = _BEFORE.sub("", command, count=1)
        if command.split(" ")[0] in {*PROGRAMS, "pytest"} or command.startswith("python -m tests"):
            commands.append(command)
    return commands


def faults(command: str) -> list[str]:
    """Return what a command names that is not there: a noun, an option, a module, a file."""
    words = shlex.split(re.sub(r"[<>]\s*\S+", "", command.replace("…", "").rstrip("\"'")))
    if words[0] == "python":
        return [] if _module_exists(words[2]) else [f"no module {words[2]}"]
    if words[0] == "pytest":
        paths = [word for word in words[1:] if word.startswith("tests/")]
        return [f"no {path}" for path in paths if not (ROOT / path.partition("::")[0]).exists()]
    return _click_faults(PROGRAMS[words[0]], words[1:])


def _module_exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _click_faults(program: click.Command, words: list[str]) -> list[str]:
    """Follow nouns down; options may stand before and after them."""
    found, command, rest = [], program, list(words)
    while rest:
        word = rest.pop(0)
        if word in {"-h", "--help"}:
            continue
        if word.startswith("-") and len(word) > 1:
            option = _option(command, word.partition("=")[0])
            if option is None:
                found.append(f"no option {word}")
            elif not option.is_flag and not option.count and "=" not in word:
                del rest[: option.nargs]
        elif isinstance(command, click.Group):
            below = command.get_command(click.Context(command), word)
            if below is None:
                return [*found, f"no command {word}"]
            command = below
    return found


def _option(command: click.Command, name: str) -> click.Option | None:
    options = (one for one in command.params if isinstance(one, click.Option))
    return next((one for one in options if name in (*one.opts, *one.secondary_opts)), None)
