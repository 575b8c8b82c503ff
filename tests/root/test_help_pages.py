"""What ``--help`` prints, of every command of every program: whole, in sections, with examples."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

from edgeagent import __version__
from edgeagent.dashboard.__main__ import main as dashboard
from edgeagent.help_pages import HelpfulCommand, HelpfulGroup
from server_stub.page.__main__ import main as page
from tests.cli.command_tree import commands_of
from tests.pages.commands import faults, found_commands
from tests.pages.made import PROGRAMS

NAMES = list(PROGRAMS)
_COLUMNS = (80, 120)


def shown(program: str, *words: str, columns: int = 80) -> str:
    result = CliRunner(env={"LANGUAGE": "en"}).invoke(
        PROGRAMS[program], [*words, "--help"], prog_name=program, terminal_width=columns
    )
    assert result.exit_code == 0, result.output
    return result.output


def below(program: click.Command) -> dict[str, click.Command]:
    assert isinstance(program, click.Group)
    context = click.Context(program)
    found = {name: program.get_command(context, name) for name in program.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


@pytest.mark.parametrize("program", NAMES)
@pytest.mark.parametrize("columns", _COLUMNS)
def test_no_summary_is_cut_and_no_line_leaves_the_terminal(program: str, columns: int) -> None:
    for words, _ in commands_of(PROGRAMS[program]):
        page = shown(program, *words, columns=columns)
        _usage, _, rest = page.partition("\n\n")  # it names every choice, and may break anywhere
        assert "..." not in rest, words
        assert [line for line in rest.splitlines() if len(line) > columns] == [], words


@pytest.mark.parametrize("program", NAMES)
def test_every_command_stands_in_one_section(program: str) -> None:
    root = PROGRAMS[program]
    assert isinstance(root, HelpfulGroup)
    listed = [name for names in root.sections.values() for name in names]
    assert sorted(listed) == sorted(below(root))
    page = shown(program)
    for heading in root.sections:
        assert f"\n{heading}:\n" in page


@pytest.mark.parametrize("program", NAMES)
def test_every_noun_has_examples_that_could_be_typed(program: str) -> None:
    for name, command in {"": PROGRAMS[program], **below(PROGRAMS[program])}.items():
        assert isinstance(command, HelpfulCommand), name
        assert command.examples, name
        page = shown(program, *shlex.split(name))
        for what, line in command.examples.items():
            assert f"  # {what}\n  {line}\n" in page
            assert len(line) <= 78
            assert line.startswith(f"{program} {name}".rstrip())
            assert [fault for one in found_commands(line) for fault in faults(one)] == []


@pytest.mark.parametrize("program", NAMES)
def test_every_program_says_its_version(program: str) -> None:
    said = CliRunner().invoke(PROGRAMS[program], ["--version"], prog_name=program)
    assert said.output == f"{program}, version {__version__}\n"


@pytest.mark.parametrize("main", [dashboard, page])
def test_what_is_started_beside_them_says_it_too(
    main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"edgeagent {__version__}\n"


@pytest.mark.parametrize(
    ("program", "typed", "meant"),
    [
        ("edgeagent", ["histroy"], "history"),
        ("edgeagent", ["history", "lst"], "list"),
        ("model-export", ["trian"], "train"),
        ("server-stub", ["estimat"], "estimate"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(
    program: str, typed: list[str], meant: str
) -> None:
    said = CliRunner().invoke(PROGRAMS[program], typed, prog_name=program)
    assert said.exit_code == 2
    assert f"No such command '{typed[-1]}'. Did you mean '{meant}'?" in said.output


def test_a_hidden_command_is_in_no_help_page() -> None:
    assert "job" not in shown("edgeagent").split()
    assert "job" in PROGRAMS["edgeagent"].commands  # type: ignore[attr-defined]  # a group
    assert "nothing" not in PROGRAMS["edgeagent"].commands  # type: ignore[attr-defined]  # as above


def test_only_the_noun_that_is_named_is_imported() -> None:
    """The idle service and each of its jobs start by this command line."""
    program = """
import sys
from collections.abc import Callable
from edgeagent.cli.root import cli
try:
    cli(["history", "--help"])
except SystemExit:
    print(sorted(name for name in sys.modules if name.startswith("edgeagent.cli.")))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.splitlines()[-1]
    assert "edgeagent.cli.history" in loaded
    assert "edgeagent.cli.serve" not in loaded
