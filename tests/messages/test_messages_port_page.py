"""The page for a port names every vector file, and says how many cases it holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

VECTORS = Path(__file__).parents[1] / "vectors"
PAGE = (VECTORS / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| (`[^|]+`) \| ([0-9, ]+) \| \[\d\]\(#step", re.MULTILINE)


def rows() -> Iterator[tuple[list[str], list[int]]]:
    for names, counts in ROW.findall(PAGE):
        yield re.findall(r"`([^`]+)`", names), [int(count) for count in counts.split(", ")]


def held(name: str) -> int:
    """Return how many cases a JSON file of vectors holds."""
    data = json.loads((VECTORS / name).read_text("utf-8"))
    return len(data.get("cases") or data["bad"])


def test_every_file_is_named() -> None:
    patterns = [name for names, _ in rows() for name in names]
    there = sorted(path.name for path in VECTORS.iterdir() if path.suffix != ".md")
    assert [name for name in there if not any(Path(name).match(p) for p in patterns)] == []
    assert [p for p in patterns if not list(VECTORS.glob(p))] == []


def test_the_numbers_of_cases_are_those_of_the_files() -> None:
    said: dict[str, int] = {}
    for names, counts in rows():
        files = [name for name in names if name.endswith(".json")]
        said |= dict(zip(files, counts, strict=bool(files)))
    assert len(said) == 14
    assert said == {name: held(name) for name in said}


def test_each_bad_model_has_a_file() -> None:
    assert held("model_bad.json") == len(list(VECTORS.glob("model_bad_*.onnx")))
