"""The scoring child: ``python -m edgeagent.scoring.child IDLE_SECONDS``.

It answers calls on its standard input until that closes or no call comes for the idle time. It
opens only the files named in calls, see :mod:`~edgeagent.scoring.confinement`, and is never given a
key.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeagent.messages import ModelFiles
    from edgeagent.scoring.engine import Engine
    from edgeagent.scoring.graph_rules import Rules

__all__ = ["main"]


def main(*, rules: Rules | None = None, cpu_seconds: float | None = None) -> None:
    """Serve the parent on the standard streams.

    Attack tests start a child with other rules and limits; no setting or command-line argument can
    change them.

    Args:
        rules: replaces the rules on what a model file may contain.
        cpu_seconds: replaces the limit on CPU time per request.

    """
    # Ctrl-C is handled by the parent, which closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a library prints must not be read as an answer.
    answers = os.dup(sys.stdout.fileno())
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stdout.fileno())
    _hash_without_openssl()
    from edgeagent.scoring.confinement import CPU_SECONDS, MemoryLimit, confine  # noqa: PLC0415

    confine()
    # Imported after these steps: nearly everything imports hashlib, and the rest is heavy.
    from edgeagent.scoring.engines import EngineTable  # noqa: PLC0415
    from edgeagent.scoring.graph_rules import require_plain_graph  # noqa: PLC0415
    from edgeagent.scoring.loaded_code import give_back_code  # noqa: PLC0415
    from edgeagent.scoring.loading import load_engine  # noqa: PLC0415
    from edgeagent.scoring.serving import serve  # noqa: PLC0415

    _set_buffers_aside()
    give_back_code()
    limit = MemoryLimit()

    def load(files: ModelFiles, *, popular: bool = False) -> Engine:
        limit.make_room(files)
        return load_engine(files, popular=popular, rules=rules or require_plain_graph)

    scorer = EngineTable(load=load, when_loaded=give_back_code)
    serve(
        sys.stdin.fileno(),
        answers,
        scorer=scorer,
        idle_seconds=float(sys.argv[1]),
        cpu_seconds=CPU_SECONDS if cpu_seconds is None else cpu_seconds,
    )


def _set_buffers_aside() -> None:
    """Make OpenBLAS allocate all its buffers before memory is limited relative to present use.

    It allocates the second (32 MiB on x86-64, more elsewhere, hardly touched) at the first matrix
    product that is not small.
    """
    import numpy as np  # noqa: PLC0415  (the filter comes first)

    rows = np.ones((512, 128), dtype=np.float32)
    rows @ rows[0]


def _hash_without_openssl() -> None:
    """Make hashlib use Python's own SHA-256: OpenSSL would cost 4 MiB for one file a day."""
    if any(map(find_spec, ("_sha2", "_sha256"))):
        sys.modules["_hashlib"] = None  # type: ignore[assignment]  # this is how an import is forbidden


if __name__ == "__main__":
    main()
