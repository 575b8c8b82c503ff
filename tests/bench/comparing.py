"""Two results of one bench beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from tests.bench.result import Result, Spread, short

__all__ = ["Change", "changes", "lines_of"]

_NAME, _NUMBER = 42, 10
"""Widths of columns: four of them fit a terminal of 80 columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure, before and after."""

    bench: str
    name: str
    is_ratio: bool
    before: Spread
    after: Spread

    @property
    def times(self) -> float | None:
        """The median after over the one before; nothing where that is zero."""
        return self.after.median / self.before.median if self.before.median else None

    @property
    def apart(self) -> bool:
        """Whether no run of one lies among those of the other: less is chance."""
        return self.after.least > self.before.most or self.after.most < self.before.least


def changes(before: Mapping[str, Result], after: Mapping[str, Result]) -> Iterator[Change]:
    """Yield every figure that both have, ratios first.

    Raises:
        ValueError: a bench was run with other arguments; its figures cannot be compared.

    """
    for name in before.keys() & after.keys():
        if before[name].command != after[name].command:
            message = (
                f"{name} was run as '{before[name].command}' and as '{after[name].command}': "
                "figures of different work cannot be compared"
            )
            raise ValueError(message)
    for name in sorted(before.keys() & after.keys()):
        for part in ("ratios", "figures"):
            old, new = getattr(before[name], part), getattr(after[name], part)
            for figure in old:
                if figure in new:
                    yield Change(
                        bench=name,
                        name=figure,
                        is_ratio=part == "ratios",
                        before=old[figure],
                        after=new[figure],
                    )


def lines_of(found: Iterable[Change], *, everything: bool = False) -> Iterator[str]:
    """Yield a table: all ratios, and the figures that are apart or, if asked, all figures.

    A name that is wider than its column has a line of its own.
    """
    left_out = 0
    for bench, those in groupby(found, key=lambda one: one.bench):
        heads = "".join(f"{head:>{_NUMBER}}" for head in ("before", "after", "times"))
        yield f"{bench:<{_NAME}}{heads}"
        for one in those:
            if not (everything or one.is_ratio or one.apart):
                left_out += 1
                continue
            name = f"  {one.name}"
            if len(name) > _NAME:
                yield name
                name = ""
            numbers = (
                short(one.before.median),
                short(one.after.median),
                "" if one.times is None else f"{one.times:.2f}",
            )
            cells = "".join(f"{number:>{_NUMBER}}" for number in numbers)
            yield f"{name:<{_NAME}}{cells}{'' if one.apart else '  ~'}"
    yield "~ within what the runs of one side differ by"
    if left_out:
        yield f"{left_out} more figures are so, too: --all shows them"
