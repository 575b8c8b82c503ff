"""The processor time that multi-freq-ldpy takes for a fleet's reports and their estimate.

Runs in an environment of its own, which ``bench_fleet --others`` makes. Its Subset Selection has
the same number of categories in a report as ours. Reads the job as JSON from stdin, writes seconds
and shares as JSON to stdout. Its compiler runs before the clock does.
"""

from __future__ import annotations

import json
import sys
import time
from math import log

import numpy as np
from multi_freq_ldpy.pure_frequency_oracles.SS import SS_Aggregator_MI, SS_Client


def main() -> None:
    """Do the job once small, to compile, and once in full."""
    job = json.load(sys.stdin)
    size, epsilon = job["categories"], log(job["odds"])
    random = np.random.default_rng(1)
    sessions = random.choice(size, size=job["boxes"], p=job["mix"])
    _estimate(sessions[:100].tolist(), size, epsilon)
    begin = time.process_time()
    shares = _estimate(sessions.tolist(), size, epsilon)
    json.dump({"seconds": time.process_time() - begin, "shares": shares}, sys.stdout)


def _estimate(sessions: list[int], size: int, epsilon: float) -> list[float]:
    reports = [SS_Client(session, size, epsilon) for session in sessions]
    shares: list[float] = SS_Aggregator_MI(reports, size, epsilon).tolist()
    return shares


if __name__ == "__main__":
    main()
