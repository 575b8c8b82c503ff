"""Options that are numbers refuse "nan", which passes every comparison with a bound."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from edgeagent.cli.root import cli
from edgeagent.number_range import NumberRange
from server_stub.cli import main as server_stub


def commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below)


@pytest.mark.parametrize("program", [cli, server_stub])
def test_every_option_with_bounds_is_of_this_type(program: click.Command) -> None:
    bounded = [
        option.type
        for command in commands(program)
        for option in command.params
        if isinstance(option.type, click.FloatRange)
    ]
    assert bounded
    assert all(isinstance(kind, NumberRange) for kind in bounded)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (cli, ["simulate", "fleet", "--poison"]),
        (cli, ["simulate", "sweep", "--share"]),
        (server_stub, ["calculate", "--half-width"]),
    ],
)
def test_what_is_no_number_is_refused_by_name(program: click.Command, words: list[str]) -> None:
    for given in ("nan", "-NaN"):
        result = CliRunner().invoke(program, [*words[:-1], f"{words[-1]}={given}"])
        assert result.exit_code == 2
        assert f"'{words[-1]}': '{given}' is not a number" in result.stderr


def test_numbers_and_bounds_are_those_of_click() -> None:
    kind = NumberRange(0, 1, min_open=True)
    assert kind.convert("0.5", None, None) == 0.5
    for outside in ("0", "1.1", "inf", "-inf"):
        with pytest.raises(click.BadParameter, match="not in the range"):
            kind.convert(outside, None, None)
