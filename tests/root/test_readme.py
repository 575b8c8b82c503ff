from __future__ import annotations

import click

from edgeagent.cli.root import cli
from tests.readme_blocks import README, rewritten


def test_the_readme_says_what_the_code_says() -> None:
    text = README.read_text("utf-8")
    assert rewritten(text) == text, "run: python -m tests.readme_blocks"


def test_every_noun_of_the_command_line_is_in_the_readme() -> None:
    text = README.read_text("utf-8")
    nouns = cli.list_commands(click.Context(cli))
    missing = [name for name in nouns if f"edgeagent {name}" not in text]
    assert not missing
