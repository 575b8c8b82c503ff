"""``python -m tests.cli.spoken``: run command lines, and print what they said, as JSON.

A language needs a process of its own, as users have: click keeps some texts in the language in
which it said them first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

from click.testing import CliRunner

from edgeagent.cli.root import cli

__all__ = ["Said", "spoken"]


class Said(NamedTuple):
    """What one command line came to."""

    exit_code: int
    stdout: str
    stderr: str


def spoken(language: str, lines: Sequence[Sequence[str]]) -> list[Said]:
    """Run command lines in a process that is started in ``language``, with 80 columns."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.spoken"],
        env={**os.environ, "LANGUAGE": language},
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Said(*said) for said in json.loads(done.stdout)]


def main() -> None:
    """Run the command lines of stdin, a JSON array of arrays."""
    said = []
    for line in json.load(sys.stdin):
        result = CliRunner().invoke(cli, line, prog_name="edgeagent", terminal_width=80)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        said.append(Said(result.exit_code, result.stdout, result.stderr))
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
