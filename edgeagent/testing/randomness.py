"""Random sources that repeat themselves: for tests and simulations, never for a box."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

__all__ = ["ScriptedRandomSource", "SeededRandomSource"]


class SeededRandomSource:
    """Integers from SHA-256 in counter mode: the same on every machine for the same seed."""

    def __init__(self, seed: str) -> None:
        """Derive the stream from ``seed``; different names give unrelated streams."""
        self._key = hashlib.sha256(seed.encode()).digest()
        self._counter = 0

    def below(self, bound: int) -> int:
        """Return a uniform integer in ``[0, bound)``: exact, by rejection."""
        if bound < 1:
            message = f"bound {bound} is not positive"
            raise ValueError(message)
        bits = (bound - 1).bit_length()
        while True:
            block = hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
            value = int.from_bytes(block, "big") >> (256 - bits) if bits else 0
            if value < bound:
                return value


class ScriptedRandomSource:
    """Given integers, in order; drives a sampler down one chosen path."""

    def __init__(self, values: Iterable[int]) -> None:
        """Remember the integers to hand out."""
        self._values = iter(values)
        self.bounds: list[int] = []

    def below(self, bound: int) -> int:
        """Return the next scripted integer.

        Raises:
            ValueError: it is not below ``bound``.

        """
        value = next(self._values)
        self.bounds.append(bound)
        if not 0 <= value < bound:
            message = f"scripted {value} is not below {bound}"
            raise ValueError(message)
        return value
