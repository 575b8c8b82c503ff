"""What ``--help`` prints: whole summaries, commands in sections, and examples to copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext
from typing import Any

import click

__all__ = ["HELP_SETTINGS", "HelpfulCommand", "HelpfulGroup", "sectioned"]

_WIDEST = 120
"""Longer lines are hard to read, however wide the terminal is."""
_WHOLE_SENTENCE = 10_000
"""Letters of a summary; click's own limit cuts it at the edge of the terminal."""

HELP_SETTINGS: Mapping[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": _WIDEST,
}
"""For ``context_settings`` of a command line."""


class HelpfulCommand(click.Command):
    """A command whose help ends in examples."""

    def __init__(
        self,
        *args: Any,
        examples: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        """Make it as click does.

        Args:
            args: click's.
            examples: command lines to copy, by what each does.
            settings: click's.

        """
        super().__init__(*args, **settings)
        self.examples: Mapping[str, str] = examples or {}

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples: never wrapped, since a broken line cannot be copied."""
        super().format_epilog(ctx, formatter)
        if not self.examples:
            return
        with formatter.section(self.examples_title()):
            for what, line in self.examples.items():
                indent = " " * formatter.current_indent
                formatter.write(f"{indent}# {what}\n{indent}{line}\n")

    def examples_title(self) -> str:
        """Return the heading above the examples."""
        return "Examples"


class HelpfulGroup(HelpfulCommand, click.Group):
    """A group that lists its commands with whole summaries, in sections where it has some."""

    command_class = HelpfulCommand

    def __init__(
        self,
        *args: Any,
        sections: Mapping[str, Sequence[str]] | None = None,
        **settings: Any,
    ) -> None:
        """Make it as click does.

        Args:
            args: click's.
            sections: names of commands by heading; without, one list.
            settings: click's.

        """
        super().__init__(*args, **settings)
        self.sections: Mapping[str, Sequence[str]] = sections or {}

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections, their summaries one below the other."""
        sections = self.sections or {gettext("Commands"): self.list_commands(ctx)}
        widest = max(len(name) for names in sections.values() for name in names)
        for heading, names in sections.items():
            rows = [(f"{name:{widest}}", summary) for name, summary in self._summaries(ctx, names)]
            with formatter.section(heading):
                formatter.write_dl(rows)

    def _summaries(self, ctx: click.Context, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        for name in names:
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                yield name, command.get_short_help_str(_WHOLE_SENTENCE)


def sectioned(sections: Mapping[str, Sequence[click.Command]]) -> dict[str, Any]:
    """Return the settings of a group that holds commands, listed below their headings."""
    return {
        "commands": [command for commands in sections.values() for command in commands],
        "sections": {
            heading: [str(command.name) for command in commands]
            for heading, commands in sections.items()
        },
    }
