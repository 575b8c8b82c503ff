"""A box on the command line that has watched something and knows a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.publishing import titles_of

if TYPE_CHECKING:
    from tests.publishing import Household, Publisher


@pytest.fixture
def fond_of_comedy(household: Household, publisher: Publisher) -> Path:
    """The home of a box that has watched six comedies, and two more not to the end."""
    from tests.cli.test_cli_loop import Terminal  # noqa: PLC0415  (with what it needs)

    household.agent.update_model()
    household.agent.close()
    (household.directory / "config.toml").write_text('scorer = "resident"\nretention_days = 365\n')
    terminal = Terminal(household.directory)
    terminal.says("consent", "grant", "history", "personalization")
    for title in titles_of(publisher, "Comedy")[:6]:
        terminal.says("history", "add", title, "--completed")
    for title, fraction in zip(titles_of(publisher, "Comedy")[6:8], ("0.4", "0.6"), strict=True):
        terminal.says("history", "add", title, "--progress", fraction)
    return household.directory
