"""Silence: whether what a server sees tells what a household watched, on a real service.

The server knows when each request came, what was asked for, and whether there was a report. Turns
of one box, on one core, are compared with turns in which nothing was watched: turns with a watched
week, and turns with a week that holds a title on which a signed model loops, asks for gigabytes or
never ends. Paths and reports have to be the same in all. Moments are held against each other by
Welch's test, which finds in a thousand honest comparisons one; the smallest shift that it would
see in nine of ten attempts is stated.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy import stats

from server_stub.distribution.operator import Operator
from server_stub.distribution.publish import publish
from tests.audit.part import Effort, Result
from tests.audit.silence_box import START
from tests.audit.silence_model import LOOPS, artefacts

ALPHA = 1e-3
"""Of one comparison; shared by the features below."""
POWER = 0.9
FEATURES = ("first GET", "last GET", "POST")
_QUICK = {"empty": 3, "loops": 3}
_FULL = dict.fromkeys(("empty", "watched", "loops", "allocates", "dies"), 8)
_CHAINED = {"empty": 6, "loops": 6}
_QUICK_TURN_SECONDS, _FULL_TURN_SECONDS = 8, 18
"""A turn of the full form has room for a child that dies of the request, and of asking again."""
_CHAINED_TURN_SECONDS = 14
_CHAINED_LOOPS = 8000
"""So that few turns suffice, and that all requests of one still come within it."""
_DRAWS = 100_000
_LIFETIME_DAYS = 30 * 365


@dataclass(frozen=True)
class Turn:
    """What a server saw of one quarter of a box."""

    arm: str
    requests: tuple[tuple[str, float], ...]
    """Method and path, and seconds since the turn began, in order."""

    @property
    def asked(self) -> tuple[str, ...]:
        return tuple(what for what, _ in self.requests)

    def moments(self) -> tuple[float, float, float]:
        """Return those of FEATURES; a request that did not come has none."""
        gets = [at for what, at in self.requests if what.startswith("GET")]
        posts = [at for what, at in self.requests if what.startswith("POST")]
        nan = float("nan")
        return (
            gets[0] if gets else nan,
            gets[-1] if gets else nan,
            posts[0] if posts else nan,
        )


def silence(effort: Effort) -> Result:
    """Attack the service as it is; in the full form also one with the fault planted."""
    effort.say("a box lives quarter after quarter, on one core")
    if not effort.full:
        return judged(lived(_QUICK, turn_seconds=_QUICK_TURN_SECONDS))
    found = judged(lived(_FULL, turn_seconds=_FULL_TURN_SECONDS))
    effort.say("so does one with the old chain of chores")
    chained = judged(lived(_CHAINED, turn_seconds=_CHAINED_TURN_SECONDS, fault="chain"))
    escaped = ("the old chain of chores escapes",) if chained.ok else ()
    return replace(
        found,
        wrong=(*found.wrong, *escaped),
        figures={**found.figures, "chain_of_chores": {"seen": chained.wrong, **chained.figures}},
    )


def judged(turns: Sequence[Turn]) -> Result:
    """Compare all turns with those in which nothing was watched."""
    wrong: list[str] = []
    empty = [turn for turn in turns if turn.arm == "empty"]
    rows = []
    for arm in dict.fromkeys(turn.arm for turn in turns):
        those = [turn for turn in turns if turn.arm == arm]
        if any(turn.asked != empty[0].asked for turn in those):
            wrong.append(f"{arm}: other requests than in an empty week")
        if any(sum(what.startswith("POST") for what in turn.asked) != 1 for turn in those):
            wrong.append(f"{arm}: a week without its report, or with two")
        if arm != "empty":
            rows.append(_compared(arm, those, empty))
    wrong += [
        f"{row['arm']}: {row['told']} tells it, p = {row['p']:.1g}" for row in rows if row["told"]
    ]
    smallest = max((row["smallest_shift_seconds"] for row in rows), default=float("nan"))
    return Result(
        name="silence",
        wrong=tuple(wrong),
        figures={
            "turns": {
                arm: sum(turn.arm == arm for turn in turns) for arm in {t.arm for t in turns}
            },
            "requests_a_turn": len(empty[0].asked),
            "arms": rows,
        },
        summary=f"{len(turns)} quarters of a box on one core: {len(empty[0].asked)} requests "
        f"each, the same; no moment tells of a week, a shift of {1000 * smallest:.0f} ms would",
    )


def _compared(arm: str, those: Sequence[Turn], empty: Sequence[Turn]) -> dict[str, Any]:
    here, there = (np.array([turn.moments() for turn in side]) for side in (those, empty))
    found = stats.ttest_ind(here, there, axis=0, equal_var=False)
    worst = int(np.argmin(np.nan_to_num(found.pvalue, nan=1.0)))
    reach = _errors_seen(len(here), len(there))
    error = np.sqrt(here.var(axis=0, ddof=1) / len(here) + there.var(axis=0, ddof=1) / len(there))
    p = float(np.nan_to_num(found.pvalue[worst], nan=1.0))
    return {
        "arm": arm,
        "turns": len(here),
        "shift_seconds": {
            name: round(float(shift), 4)
            for name, shift in zip(FEATURES, here.mean(axis=0) - there.mean(axis=0), strict=True)
        },
        "p": p,
        "told": FEATURES[worst] if p < ALPHA / len(FEATURES) else "",
        "smallest_shift_seconds": round(float((reach * error).max()), 4),
    }


@cache
def _errors_seen(here: int, there: int) -> float:
    """Return how many standard errors of one comparison the next one would see, with POWER.

    Both are drawn, from normal moments: of few turns, the error that was found says little of the
    next one's, and a shift that is worked out as if it were known is seen far less often.
    """
    rng = np.random.default_rng(7)

    def compared() -> tuple[Any, Any, Any]:
        sides = [rng.normal(size=(_DRAWS, number)) for number in (here, there)]
        parts = [side.var(axis=1, ddof=1) / side.shape[1] for side in sides]
        square = parts[0] + parts[1]
        freedom = square**2 / (parts[0] ** 2 / (here - 1) + parts[1] ** 2 / (there - 1))
        return sides[0].mean(axis=1) - sides[1].mean(axis=1), np.sqrt(square), freedom

    _, found, _ = compared()
    late, error, freedom = compared()
    needed = stats.t.ppf(1 - ALPHA / len(FEATURES) / 2, freedom) * error - late
    return float(np.quantile(needed / found, POWER))


def lived(sizes: dict[str, int], *, turn_seconds: int, fault: str = "") -> list[Turn]:
    """Let a box live through so many turns of each arm, in an order drawn at random."""
    arms = [arm for arm, number in sizes.items() for _ in range(number)]
    np.random.default_rng(5).shuffle(arms)
    with TemporaryDirectory(prefix="silence-") as name:
        directory = Path(name)
        loops = _CHAINED_LOOPS if fault else LOOPS
        keys, repository = directory / "keys", directory / "repository"

        def put_out(*, armed: bool) -> None:
            publish(
                Operator.without_passphrase(
                    repository, keys, now=START, lifetime_days=_LIFETIME_DAYS
                ),
                artefacts(armed=armed, now=START, epoch=int(armed), loops=loops),
            )

        put_out(armed=False)
        with _server(repository) as server:
            _configure(directory, server)
            with _started(directory, server, turn_seconds, ["empty", *arms], fault) as box:
                _expect(box, "publish")
                put_out(armed=True)
                _tell(box)
                began = float(_line(box))
        return _turns(server.seen, arms, began=began + turn_seconds, turn_seconds=turn_seconds)


def _turns(
    seen: Sequence[tuple[float, str]], arms: Sequence[str], *, began: float, turn_seconds: int
) -> list[Turn]:
    turns = []
    for number, arm in enumerate(arms):
        start = began + number * turn_seconds
        inside = sorted((at, what) for at, what in seen if 0 <= at - start < turn_seconds)
        turns.append(Turn(arm, tuple((what, at - start) for at, what in inside)))
    return turns


def _configure(directory: Path, server: _Server) -> None:
    (directory / "config.toml").write_text(
        f'server_url = "{server.url}"\n'
        f'trusted_root = "{directory / "repository" / "root.json"}"\n'
        "[service]\nupdate_hours = 1\nwake_grace_seconds = 0\nmax_load_fraction = 100\n"
        "max_celsius = 200\n",
        "utf-8",
    )


def _started(
    directory: Path, server: _Server, turn_seconds: int, arms: Sequence[str], fault: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.audit.silence_box", str(directory), server.url),
            *(str(turn_seconds), ",".join(arms), *([fault] if fault else [])),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(box: subprocess.Popen[str]) -> str:
    if box.stdout is None or not (line := box.stdout.readline()):
        raise ChildProcessError("the box has died")
    return line.strip()


def _expect(box: subprocess.Popen[str], word: str) -> None:
    if (said := _line(box)) != word:
        raise ChildProcessError(f"the box said {said!r}")


def _tell(box: subprocess.Popen[str]) -> None:
    if box.stdin is not None:
        box.stdin.write("\n")
        box.stdin.flush()


@dataclass
class _Server:
    repository: Path
    url: str = ""
    seen: list[tuple[float, str]] = field(default_factory=list)


@contextmanager
def _server(repository: Path) -> Iterator[_Server]:
    told = _Server(repository)

    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            self.came = time.clock_gettime(time.CLOCK_BOOTTIME)
            super().setup()

        def do_GET(self) -> None:
            told.seen.append((self.came, f"GET {self.path}"))
            file = repository / self.path.lstrip("/")
            data = file.read_bytes() if file.is_file() else b""
            self.send_response_only(200 if data else 404)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            told.seen.append((self.came, f"POST {self.path}"))
            self.send_response_only(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    cores = os.sched_getaffinity(0)
    others = cores - {min(cores)} or cores
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"

        def serve() -> None:
            os.sched_setaffinity(0, others)  # of this thread: the box has its core for itself
            server.serve_forever(poll_interval=0.05)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
