"""What every part of the audit is given and returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard to try, and whom to tell how far it has got."""

    full: bool
    """An hour rather than a minute or two, and fresh randomness from the operating system."""
    say: Callable[[str], None]
    """One line of progress, on stderr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one part found."""

    name: str
    wrong: tuple[str, ...]
    """One line for each thing that does not hold."""
    figures: Mapping[str, Any]
    """Every number, ready for JSON."""
    summary: str
    """The same in a line for people."""

    @property
    def ok(self) -> bool:
        return not self.wrong


Part = Callable[[Effort], Result]
