"""Power cuts at random moments of mixed work: what was acknowledged before is there after them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import PurePosixPath

import msgspec

from edgeagent.testing.randomness import SeededRandomSource
from tests.hil.board import Board
from tests.hil.onboard.lives import Found, Life, steps_of
from tests.security.comparison import KillFigures, Known
from tests.security.plain_box import StepKind
from tests.security.work import Announced, Done

__all__ = ["PowerCuts"]

_FOCUSES: tuple[tuple[StepKind, ...], ...] = (
    ("record",),
    ("grant", "withdraw"),
    ("close_week", "send"),
    ("update",),
    ("rotate", "rekey"),
    ("erase_history", "erase_all"),
)
_MOST_LINES = 80
_UNHEARD_STEPS = 200
"""The most that can be done between the last line heard and the loss of power."""
_Line = Found | Announced | Done


class PowerCuts:
    """One home on a board that loses power again and again."""

    def __init__(self, board: Board, cut: Callable[[], None], *, seed: str) -> None:
        """Lay the home below the board's place; ``cut`` takes the power away and gives it back."""
        self._board = board
        self._cut = cut
        self._seed = seed
        self._random = SeededRandomSource(f"cuts {seed}")
        self._directory = f"{board.place}/cuts"
        # In memory, so that listening is no work for the disk.
        self._said = f"/dev/shm/{PurePosixPath(board.place).name}-said"  # noqa: S108  (unguessable)
        self.during: Counter[str] = Counter()
        """How often which kind of step was under way, as far as was heard."""

    def run(self, cuts: int) -> KillFigures:
        """Cut the power ``cuts`` times and return what came of it."""
        self._board.check(f"mkdir -p {self._directory}")
        life = self._life(0, known=Known(), figures=KillFigures(), pending=())
        for number in range(1, cuts + 1):
            found, said = self._live(life)
            if found.figures.failures:
                return found.figures
            life = self._after(life, found, said, number=number)
        last = msgspec.structs.replace(life, works=False)
        return self._live(last)[0].figures

    def _life(self, number: int, *, known: Known, figures: KillFigures, **rest: object) -> Life:
        return Life(
            directory=self._directory,
            seed=f"{self._seed} {number}",
            focus=_FOCUSES[number % len(_FOCUSES)],
            known=known,
            figures=figures,
            **rest,  # type: ignore[arg-type]  # pending, by name
        )

    def _live(self, life: Life) -> tuple[Found, list[Announced | Done]]:
        """Let a home live until the power goes, and return what was heard of it."""
        board, said = self._board, self._said
        lines = 1 + self._random.below(_MOST_LINES) if life.works else 1
        orders = f"{self._directory}/life"
        board.write(msgspec.json.encode(life), orders)
        board.check(f"rm -f {said} {said}.err {said}.end; touch {said}")
        command = board.command("tests.hil.onboard.lives", orders)
        heard = board.check(
            f"(({command}; touch {said}.end) </dev/null >{said} 2>{said}.err &) ; "
            f"until [ $(wc -l <{said}) -ge {lines} ] || [ -e {said}.end ]; do sleep 0.1; done; "
            f"cat {said}"
        )
        if life.works:
            self._cut()
        told = [msgspec.json.decode(line, type=_Line) for line in _whole_lines(heard)]
        if not told or not isinstance(told[0], Found):
            raise ChildProcessError(board.run(f"cat {said}.err").out)
        return told[0], [line for line in told if not isinstance(line, Found)]

    def _after(self, life: Life, found: Found, said: list[Announced | Done], number: int) -> Life:
        """Return the life that follows a power cut."""
        known, figures = found.known, found.figures
        steps = steps_of(life, at=known.at)
        done = sum(isinstance(line, Done) for line in said)
        under_way = known.take_in(said)
        self.during[under_way.kind if under_way else "between"] += 1
        figures.kills, figures.steps = number, known.steps
        return self._life(
            number,
            known=known,
            figures=figures,
            pending=tuple(islice(steps, done, done + _UNHEARD_STEPS)),
        )


def _whole_lines(text: str) -> list[str]:
    """Return the lines of a text; the last one may have been cut off in the middle of writing."""
    return [line for line in text.split("\n") if line.endswith("}")]
