"""What a bench found: medians and spread of its runs, with the machine they were made on."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from tests.bench.bench import Bench, Ratio
from tests.bench.figures import Value

__all__ = ["HISTORY", "Result", "Spread", "found_results", "read_result", "short"]

HISTORY = "history.jsonl"
"""Every result that was ever written to a directory, a line each."""

_SPREAD = re.compile(r'\{\s+"median": (\S+),\s+"least": (\S+),\s+"most": (\S+)\s+\}')
"""As ``json`` writes one; in one line a change of a figure is a line of a diff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One figure over the runs."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the spread of one value or more."""
        return cls(median=statistics.median(values), least=min(values), most=max(values))

    def __str__(self) -> str:
        """The median, and from what to what the runs went where they differ."""
        middle = short(self.median)
        ends = [short(end) for end in (self.least, self.most)]
        return middle if len({middle, *ends}) == 1 else f"{middle} ({ends[0]}–{ends[1]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Of one bench."""

    bench: str
    command: str
    """Makes one run."""
    began: str
    """UTC, ISO 8601."""
    commit: str
    """Of the code; ends in + where files differ from it; empty outside a clone."""
    quick: bool
    held: bool
    """Whether every run stayed within the limits that the bench itself sets."""
    runs: int
    machine: Mapping[str, Value]
    ratios: Mapping[str, Spread]
    """By what is measured, over its peer of the same run."""
    figures: Mapping[str, Spread]
    texts: Mapping[str, Value]
    """Figures that are no numbers, of the last run."""

    @classmethod
    def of(
        cls,
        bench: Bench,
        runs: Sequence[Mapping[str, Value]],
        *,
        held: bool,
        facts: Mapping[str, Any],
    ) -> Self:
        """Sum up the runs of a bench.

        Args:
            bench: which.
            runs: the flat figures of each.
            held: whether all stayed within their limits.
            facts: the remaining fields.

        Raises:
            KeyError: a figure that a ratio is made of is missing.

        """
        numbers: dict[str, Spread] = {}
        texts: dict[str, Value] = {}
        for name, last in runs[-1].items():
            values = [run.get(name) for run in runs]
            if all(_is_number(value) for value in values):
                numbers[name] = Spread.of([float(value or 0) for value in values])
            else:
                texts[name] = last
        ratios = {}
        for ratio in bench.ratios:
            ours, theirs = ratio.figures
            parts = [float(run[ours] or 0) / float(run[theirs] or 1) for run in runs]
            ratios[ratio.words] = Spread.of(parts)
        return cls(
            bench=bench.name,
            held=held,
            runs=len(runs),
            ratios=ratios,
            figures=numbers,
            texts=texts,
            **facts,
        )

    @property
    def busy(self) -> bool:
        """Whether others wanted the processors: times say little, and a limit may be broken."""
        return float(self.machine["load"] or 0) > float(self.machine["processors"] or 0)

    def compared(self, bench: Bench) -> list[tuple[Ratio, Spread]]:
        """Return the ratios that there are: an older result may lack one."""
        return [
            (ratio, self.ratios[ratio.words])
            for ratio in bench.ratios
            if ratio.words in self.ratios
        ]

    def shown(self, bench: Bench) -> list[tuple[str, Spread, str]]:
        """Return what is read besides the ratios: words, figure, unit; quick runs lack some."""
        return [
            (words, self.figures[name], unit)
            for words, name, unit in bench.shown
            if name in self.figures
        ]

    def write(self, directory: Path) -> None:
        """Write ``NAME.json``, and a line of the history."""
        directory.mkdir(parents=True, exist_ok=True)
        text = _SPREAD.sub(
            r'{"median": \1, "least": \2, "most": \3}', json.dumps(asdict(self), indent=1)
        )
        (directory / f"{self.bench}.json").write_text(text + "\n", "utf-8")
        with (directory / HISTORY).open("a", encoding="utf-8") as history:
            history.write(json.dumps(asdict(self)) + "\n")


def found_results(path: Path) -> dict[str, Result]:
    """Return the results of a directory, or the one of a file, by bench.

    Raises:
        FileNotFoundError: there is none.
        ValueError: a file is not a result.

    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    found = {result.bench: result for result in map(read_result, files)}
    if not found:
        message = f"{path} holds no results of benches"
        raise FileNotFoundError(message)
    return found


def read_result(path: Path) -> Result:
    """Return the result of a file.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is no result.

    """
    try:
        said = json.loads(path.read_text("utf-8"))
        spreads = {
            part: {name: Spread(**spread) for name, spread in said[part].items()}
            for part in ("ratios", "figures")
        }
        return Result(**{**said, **spreads})
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        message = f"{path} is not the result of a bench: {error}"
        raise ValueError(message) from error


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def short(value: float) -> str:
    """Return a number as it is read: three digits say what runs can."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
