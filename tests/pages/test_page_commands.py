"""Every command that a page names exists, with the options it is given."""

from __future__ import annotations

import pytest

from tests.pages.commands import faults, found_commands
from tests.pages.found import Page, pages


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_commands_exist(page: Page) -> None:
    lines = [*page.shell_lines(), *page.spans()]
    wrong = {
        command: faulty
        for line in lines
        for command in found_commands(line)
        if (faulty := faults(command))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("edgeagent consnt grant history", "no command consnt"),
        ("edgeagent --home box consent grant --forever history", "no option --forever"),
        ("true && .venv/bin/model-export trian --ratings x", "no command trian"),
        ("python -m tests.no_such_module --full", "no module tests.no_such_module"),
        ("PYTHONPATH=. pytest tests/no/such_test.py", "no tests/no/such_test.py"),
        ('x "$(edgeagent --home box recomend --limit 1 --json', "no command recomend"),
    ],
)
def test_a_command_that_is_not_there_is_noticed(line: str, fault: str) -> None:
    assert [found for command in found_commands(line) for found in faults(command)] == [fault]


@pytest.mark.parametrize(
    "line",
    [
        "edgeagent --home box consent grant history personalization reporting",
        "sudo -u edgeagent edgeagent dashboard",
        "edgeagent --home box recommend --limit 3 --json | python3 -c 'print(1)'",
    ],
)
def test_a_command_that_is_there_is_found(line: str) -> None:
    assert [faults(command) for command in found_commands(line)] == [[]]
