"""What every part of the audit is given and returns."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from traceback import format_exc
from typing import Any

import click


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
    skipped: str = ""
    """Why the part could not run here, so that nothing is known; empty when it ran."""

    @property
    def ok(self) -> bool:
        return not self.wrong


Part = Callable[[Effort], Result]


def run(part: Part, *, full: bool) -> dict[str, Any]:
    """Run a part, in whatever process, and return its result as plain values."""
    name = part.__name__

    def say(line: str) -> None:
        click.echo(f"{name}: {line}", err=True)

    say("begins")
    started, worked = perf_counter(), sum(os.times()[:4])
    try:
        result = part(Effort(full=full, say=say))
    except Exception as error:  # noqa: BLE001  (one broken part hides no other's result)
        click.echo(format_exc(), err=True)
        stopped = f"stopped by {type(error).__name__}: {error}"
        result = Result(name=name, wrong=(stopped,), figures={}, summary="did not finish")
    return {
        "name": result.name,
        "ok": result.ok,
        "skipped": result.skipped,
        "summary": result.summary,
        "seconds": round(perf_counter() - started, 1),
        "processor_seconds": round(sum(os.times()[:4]) - worked, 1),
        "figures": result.figures,
        "wrong": result.wrong,
    }
