"""What cannot be undone takes two calls: the first says what would happen, the second does it."""

from __future__ import annotations

from edgeagent.clock import Clock
from edgeagent.errors import InputError
from edgeagent.randomness import RandomSource

__all__ = ["VALID_SECONDS", "Confirmations"]

VALID_SECONDS = 120
"""Long enough to read a sentence twice."""


class Confirmations:
    """Hands out a number for one action, good once, for two minutes."""

    def __init__(self, *, clock: Clock, random: RandomSource) -> None:
        """Nothing has been asked."""
        self._clock = clock
        self._random = random
        self._asked: tuple[str, str, int] | None = None

    def ask(self, action: str) -> str:
        """Return what must come back for ``action`` to be done; replaces what was asked before."""
        number = f"{self._random.below(1 << 64):016x}"
        self._asked = (action, number, self._clock.now())
        return number

    def require(self, action: str, number: str) -> None:
        """Take a confirmation back.

        Raises:
            InputError: it is not the one for this action, was used, or is too old.

        """
        asked, self._asked = self._asked, None
        age = self._clock.now() - asked[2] if asked else 0
        if asked is None or asked[:2] != (action, number) or not 0 <= age <= VALID_SECONDS:
            raise InputError(
                "this confirmation is not valid any more",
                hint="call without confirm first, and send back what it answers within 2 minutes",
            )
