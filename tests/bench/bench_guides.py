"""What reading a guide costs as it grows: ``python -m tests.bench.bench_guides``.

Guides of several sizes, each read by a process of its own: by ``check``, by ``train`` (which reads
viewings of its titles as well), and, as a floor, by the XML parser alone. The programmes are
broadcasts of so many titles (``--titles``), or each is one of another (0). Printed as JSON lines;
the last says how much longer a programme takes in the largest guide than in the smallest, and how
many MiB more the largest takes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.figures import say
from tests.model_export.loaders.guide_grabbers import GRABBERS
from tests.model_export.loaders.made_guides import write_guide

_READERS = ("parser", "check", "train")
_KIB_PER_MIB = 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[15_000, 50_000, 150_000])
    parser.add_argument("--titles", type=int, nargs="+", default=[2000, 0])
    parser.add_argument("--readers", nargs="+", choices=_READERS, default=list(_READERS))
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--read", nargs=2, metavar=("READER", "DIR"), help="used by itself")
    options = parser.parse_args()
    if options.read:
        reader, directory = options.read
        say(_read(reader, Path(directory)), as_json=True)
        return
    growth = {}
    for titles in options.titles:
        name = f"{titles}_titles" if titles else "all_different"
        growth[name] = _measure(options.sizes, titles, options.readers)
    say(growth, as_json=options.json)


def _measure(sizes: list[int], titles: int, readers: list[str]) -> dict[str, dict[str, object]]:
    found: dict[tuple[str, int], dict[str, float]] = {}
    for size in sizes:
        with TemporaryDirectory() as directory:
            _write(Path(directory), size, titles)
            for reader in readers:
                told = subprocess.run(
                    [sys.executable, "-m", "tests.bench.bench_guides", "--read", reader, directory],
                    check=True, capture_output=True, text=True,
                ).stdout  # fmt: skip
                found[reader, size] = json.loads(told)
                found[reader, size]["microseconds_each"] = round(
                    1e6 * found[reader, size]["seconds"] / size, 1
                )
                sys.stderr.write(f"{reader}: {size:,} programmes\n")
    least, most = min(sizes), max(sizes)
    growth: dict[str, dict[str, object]] = {}
    for reader in readers:
        small, large = found[reader, least], found[reader, most]
        growth[reader] = {
            "time_each_large_to_small": round(
                large["seconds"] / most / (small["seconds"] / least), 2
            ),
            "more_mib": round(large["peak_mib"] - small["peak_mib"], 1),
            "least": small,
            "most": large,
        }
    return growth


def _write(directory: Path, size: int, titles: int) -> None:
    truth = write_guide(
        directory / "guide.xml",
        GRABBERS[0],
        programmes=size,
        titles_drawn=titles or size,
        broken_every=2 * size,  # none: the parser alone would refuse the guide
    )
    items = sorted(truth.titles)
    with (directory / "log.csv").open("w", encoding="utf-8") as log:
        log.write("user,item,timestamp\n")
        for number in range(1000):
            item = items[number * 7 % len(items)]
            log.write(f'u{number % 50},"{item}",{1_700_000_000 + number * 3600}\n')


def _read(reader: str, directory: Path) -> dict[str, float]:
    """Return processor time and peak memory of reading a guide, those of imports aside."""
    work = _reading(reader, directory)
    began = time.process_time()
    work()
    return {
        "seconds": round(time.process_time() - began, 2),
        "peak_mib": round(_peak_kib() / _KIB_PER_MIB, 1),
    }


def _peak_kib() -> int:
    """Return the most memory that was resident; ``ru_maxrss`` would count that of our parent."""
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text("ascii").splitlines()
        if line.startswith("VmHWM:")
    )
    return int(line.split()[1])


def _reading(reader: str, directory: Path) -> Callable[[], object]:
    from xml.etree.ElementTree import iterparse  # noqa: PLC0415

    from model_export.loaders import load_log  # noqa: PLC0415  (loads numpy)
    from model_export.loaders.understanding import understand  # noqa: PLC0415

    guide, log = directory / "guide.xml", directory / "log.csv"

    def parse() -> None:
        events = iterparse(guide, events=("start", "end"))  # noqa: S314  (written above)
        _, root = next(events)
        for event, _ in events:
            if event == "end":
                root.clear()

    readers: dict[str, Callable[[], object]] = {
        "parser": parse,
        "check": lambda: understand(guide),
        "train": lambda: load_log(log, guide, skip_unknown=True),
    }
    return readers[reader]


if __name__ == "__main__":
    main()
