"""What a bench is: what it is run with, and which of its figures are read as a ratio.

A ratio divides two figures of one run, so that what else the machine does hits both alike. The
second is a named peer, or a floor: the least that anybody would pay for the same.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Bench", "Ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Two figures of one run, one over the other."""

    words: str
    """What is measured."""
    beside: str
    """The peer or floor, in words."""
    figures: tuple[str, str]
    """Dotted names of the figure and of the peer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A bench and how the harness runs it; ``bench_NAME.py`` beside this file."""

    name: str
    ratios: tuple[Ratio, ...]
    arguments: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    """Instead of ``arguments``, to see that it runs; its figures say little."""
    shown: tuple[tuple[str, str, str], ...] = ()
    """Figures that are read besides: words, dotted name, unit."""
    seconds: int
    """One run, with ``arguments``, on two idle cores: what is said before a long run begins."""
    runs: int = 3
    """Of which medians are taken, unless the command says how many."""
    only_named: bool = False
    """Not among those that run when none is named: it takes long, or needs Spark."""
    on_a_page: bool = False
    """Whether a page shows its last result."""

    @property
    def module(self) -> str:
        """What ``python -m`` runs."""
        return f"tests.bench.bench_{self.name}"

    @property
    def purpose(self) -> str:
        """The first sentence of its docstring, without the command."""
        path = Path(__file__).with_name(f"bench_{self.name}.py")
        first = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0]
        text = " ".join(re.sub(r":? ?``python -m \S+?( \[.*?\])*``(: )?", "", first).split())
        return f"{text[0].upper()}{text[1:]}"
