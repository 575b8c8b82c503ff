"""Two results of one bench beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.bench.result import Result, Spread

__all__ = ["Change", "changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure, before and after."""

    bench: str
    name: str
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
                    yield Change(bench=name, name=figure, before=old[figure], after=new[figure])
