"""Shapes of the page's pictures: numbers become positions; colours and fonts are the style's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Scale", "band", "line", "nice_step"]

_MOST_TICKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Values from ``low`` to ``high`` at positions from ``begin`` to ``end``."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the position of a value, never outside."""
        inside = min(max(value, self.low), self.high)
        part = (inside - self.low) / (self.high - self.low)
        return round(self.begin + part * (self.end - self.begin), 2)

    def ticks(self) -> tuple[float, ...]:
        """Return round values, at most six."""
        step = nice_step((self.high - self.low) / _MOST_TICKS)
        first = -int(-self.low // step)
        count = int(self.high / step + 1e-9) - first
        return tuple(round((first + number) * step, 10) for number in range(count + 1))


def nice_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, … (or a tenth of them, …) that is ``least`` or more.

    Raises:
        ValueError: it is not positive.

    """
    if least <= 0:
        message = "a step is positive"
        raise ValueError(message)
    power = 1.0
    while power > least:
        power /= 10
    while power * 10 <= least:
        power *= 10
    return next(power * part for part in (1, 2, 5, 10) if power * part >= least * (1 - 1e-9))


def line(points: Sequence[tuple[float, float]]) -> str:
    """Return the path of a line through points."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def band(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]]) -> str:
    """Return the path of the area between two lines."""
    return f"{line([*upper, *reversed(lower)])}Z"
