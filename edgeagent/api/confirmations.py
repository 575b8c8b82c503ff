"""An erasure takes two calls: the first says what would be erased, the second does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edgeagent.clock import Clock
from edgeagent.errors import InputError, ProfileLocked
from edgeagent.randomness import RandomSource

__all__ = ["VALID_SECONDS", "Confirmations"]

VALID_SECONDS = 120
"""Long enough to read what will be erased, twice."""


class Confirmations:
    """Issues a number that confirms one action, once, within two minutes."""

    def __init__(self, *, clock: Clock, random: RandomSource) -> None:
        """Begin with no confirmation issued."""
        self._clock = clock
        self._random = random
        self._asked: tuple[str, str, int] | None = None

    def ask(self, action: str) -> str:
        """Return the number that confirms ``action``; an earlier one becomes invalid."""
        number = f"{self._random.below(1 << 64):016x}"
        self._asked = (action, number, self._clock.now())
        return number

    @contextmanager
    def used(self, action: str, number: str) -> Iterator[None]:
        """Use a confirmation up for a block.

        It stays good where the block asked for the profile lock's PIN in vain, so that a person who
        mistyped it is not sent back to the beginning.

        Raises:
            InputError: as :meth:`require`.

        """
        asked = self._asked
        self.require(action, number)
        try:
            yield
        except ProfileLocked:
            self._asked = asked
            raise

    def require(self, action: str, number: str) -> None:
        """Use a confirmation up.

        Raises:
            InputError: it is for another action, was used, or is too old.

        """
        asked, self._asked = self._asked, None
        age = self._clock.now() - asked[2] if asked else 0
        if asked is None or asked[:2] != (action, number) or not 0 <= age <= VALID_SECONDS:
            raise InputError(
                "this confirmation is not valid any more",
                hint="call without confirm first, and send back what it answers within 2 minutes",
            )
