"""128 MB and a quarter of a processor for all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hil.board import Board
from tests.hil.conftest import Figures
from tests.publishing import Publisher, titles_of

pytestmark = pytest.mark.lg_feature("cgroup")

MEMORY_BYTES = 128 * 1000 * 1000
PERIOD_MICROSECONDS = 100_000
GROUP = "/sys/fs/cgroup/edgeagent-hil"


@pytest.fixture
def group(board: Board) -> Iterator[str]:
    """A control group with those limits, no swap; gone after the test."""
    board.check(
        "echo '+memory +cpu' >/sys/fs/cgroup/cgroup.subtree_control; "
        f"mkdir -p {GROUP} && echo {MEMORY_BYTES} >{GROUP}/memory.max && "
        f"echo '{PERIOD_MICROSECONDS // 4} {PERIOD_MICROSECONDS}' >{GROUP}/cpu.max && "
        f"([ ! -e {GROUP}/memory.swap.max ] || echo 0 >{GROUP}/memory.swap.max)"
    )
    yield GROUP
    # A scoring child may still be on its way out.
    board.run(f"echo 1 >{GROUP}/cgroup.kill")
    board.check(f"until rmdir {GROUP} 2>/dev/null; do sleep 0.1; done")


def test_the_loop_runs_in_a_small_box(
    board: Board, home: str, group: str, publication: Publisher, figures: Figures
) -> None:
    titles = titles_of(publication, "Comedy")[:2]
    command = board.command("tests.hil.onboard.loop", home, *titles)
    assert board.run(f"echo $$ >{group}/cgroup.procs && {command}").json() == {"picks": 3}
    events = dict(line.split() for line in board.check(f"cat {group}/memory.events").splitlines())
    throttled = board.check(f"grep nr_throttled {group}/cpu.stat")
    assert (events["oom_kill"], throttled != "nr_throttled 0") == ("0", True)
    peak = board.run(f"cat {group}/memory.peak").out
    figures["small_box"] = {"memory_peak_bytes": int(peak or 0)}
