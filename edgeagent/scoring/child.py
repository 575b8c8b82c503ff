"""The scoring child: ``python -m edgeagent.scoring.child IDLE_SECONDS``.

It answers calls on its standard input until that closes or stays silent for the idle time. It opens
the files it is told to and nothing else; it is never given a key.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeagent.scoring.graph_rules import Rules

__all__ = ["main"]


def main(*, rules: Rules | None = None) -> None:
    """Serve the parent on the standard streams.

    Args:
        rules: what a model may hold instead of what our exporters write. An attack test starts a
            child of its own with them; no setting and no argument of the command reaches them.

    """
    # Ctrl-C is for the parent, which closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A library that prints must not be taken for an answer.
    answers = os.dup(sys.stdout.fileno())
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stdout.fileno())
    _hash_without_openssl()
    # Not before: nearly everything hashes, and the rest is heavy.
    from edgeagent.scoring.engines import EngineTable  # noqa: PLC0415
    from edgeagent.scoring.loaded_code import give_back_code  # noqa: PLC0415
    from edgeagent.scoring.loading import load_engine  # noqa: PLC0415
    from edgeagent.scoring.serving import serve  # noqa: PLC0415

    give_back_code()
    load = load_engine if rules is None else partial(load_engine, rules=rules)
    scorer = EngineTable(load=load, when_loaded=give_back_code)
    serve(sys.stdin.fileno(), answers, scorer=scorer, idle_seconds=float(sys.argv[1]))


def _hash_without_openssl() -> None:
    """Let hashlib take Python's own SHA-256: for one file a day OpenSSL is 4 MiB too many."""
    if any(map(find_spec, ("_sha2", "_sha256"))):
        sys.modules["_hashlib"] = None  # type: ignore[assignment]  # how an import is forbidden


if __name__ == "__main__":
    main()
