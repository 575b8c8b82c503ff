"""``kill -9`` at random moments of mixed work: nothing acknowledged is lost, nothing is done twice.

One home lives through many kills. After each it is opened again and compared with what had been
acknowledged; the one step that was under way may have happened or not, wholly or not at all.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from edgeagent.errors import EdgeAgentError
from edgeagent.testing.randomness import SeededRandomSource
from tests.security.comparison import Comparison, KillFigures, Known
from tests.security.work import Announced, Done, box_at

__all__ = ["run_kills", "said_until_killed"]

_MOST_LINES = 160
_MOST_TURNS = 60_000


def run_kills(directory: Path, *, kills: int, seed: str, figures: KillFigures) -> Iterator[None]:
    """Kill a worker on the home ``directory/home`` again and again.

    Args:
        directory: empty.
        kills: how often.
        seed: which work, and which moments; the scheduler has a say in these, too.
        figures: are added to; up to date after each kill, which is when this yields.

    """
    random = SeededRandomSource(f"kills {seed}")
    home, sent = directory / "home", directory / "sent"
    sent.touch()
    known = Known()
    for number in range(kills):
        name = f"{seed} {number}"
        lines, turns = random.below(_MOST_LINES), random.below(_MOST_TURNS)
        try:
            said = said_until_killed(home, sent, at=known.at, seed=name, lines=lines, turns=turns)
        except ChildProcessError as error:
            figures.losses.append(f"{name}: {error}")  # its own words are on stderr
            return
        pending = known.take_in(said)
        figures.kills, figures.steps = number + 1, known.steps
        box = box_at(home, at=known.at, seed=f"{name} opened", sent=sent)
        try:
            with box.open() as agent:
                Comparison(
                    figures, known=known, pending=() if pending is None else (pending,)
                ).compare(agent, sent=sent)
        except EdgeAgentError as error:
            figures.losses.append(f"{name}: after {pending}: {error}")
        yield


def said_until_killed(
    home: Path, sent: Path, *, at: int, seed: str, lines: int, turns: int = 0
) -> list[Announced | Done]:
    """Start a worker on a home, kill it, and return everything it said.

    Args:
        home: where it works.
        sent: gets what its transport is handed.
        at: when the work begins, seconds UTC.
        seed: which work.
        lines: after how many lines it is killed; 0: before it has opened the home.
        turns: how long to wait after that, in turns of an empty loop.

    Raises:
        ChildProcessError: it ended by itself.

    """
    arguments = [str(home), str(sent), str(at), seed]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.security.work", *arguments],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as process:
        if process.stdout is None:
            raise ChildProcessError("no pipe")
        said = [process.stdout.readline() for _ in range(1 + lines)]
        for _ in range(turns):  # a millisecond or two: into the middle of something
            pass
        process.kill()
        said += process.stdout.readlines()
    if process.returncode != -signal.SIGKILL:
        raise ChildProcessError(f"the worker ended by itself with {process.returncode}")
    return [
        msgspec.json.decode(line, type=Announced | Done) for line in said[1:] if line[-1:] == b"\n"
    ]
