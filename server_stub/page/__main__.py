"""``python -m server_stub.page``: work the figures out and print them as JSON.

A process of its own, of low priority: adding up a million reports takes seconds of a processor, in
which the server that started it goes on taking reports.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import msgspec

from edgeagent import __version__
from edgeagent.clock import moment_of_iso
from edgeagent.errors import EdgeAgentError
from server_stub.aggregation.aggregator import Aggregator
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.page.compute import compute

__all__ = ["main"]

_NICE = 10


def main(arguments: list[str] | None = None) -> int:
    """Print the figures, and return an exit code."""
    options = _parser().parse_args(arguments)
    try:
        figures = compute(
            _aggregator(options),
            options.repository,
            now=int(moment_of_iso(options.at)),
            half_width=options.half_width,
            portrait=options.portrait,
        )
    except EdgeAgentError as error:
        sys.stderr.write("; ".join(filter(None, (str(error), error.hint))) + "\n")
        return error.exit_code
    sys.stdout.buffer.write(msgspec.json.encode(figures))
    return 0


def _aggregator(options: argparse.Namespace) -> Aggregator:
    if options.spool is None:
        return SqliteAggregator(options.store)
    # DuckDB, only where several servers write.
    from server_stub.aggregation.spool import Spool  # noqa: PLC0415
    from server_stub.aggregation.spool_aggregator import SpoolAggregator  # noqa: PLC0415

    return SpoolAggregator(Spool(options.spool))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server_stub.page", description=__doc__)
    parser.add_argument("--version", action="version", version=f"edgeagent {__version__}")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--store", type=Path)
    source.add_argument("--spool", type=Path)
    parser.add_argument("--repository", type=Path, required=True)
    parser.add_argument("--at", required=True, help="the time, ISO 8601")
    parser.add_argument("--half-width", type=float, required=True)
    parser.add_argument("--portrait", type=Path, help="of the panel; segments have briefs then")
    return parser


if __name__ == "__main__":
    os.nice(_NICE)
    sys.exit(main())
