"""Randomness as a seam: one method, whole numbers only.

Noise is drawn with integers from the operating system and nothing else (no floating point, no
seedable generator): Mironov 2012, "On significance of the least significant bits for differential
privacy", shows what goes wrong otherwise. Seeded sources live in ``edgeagent.testing`` and
``edgeagent.simulator`` and a production agent refuses them.
"""

from __future__ import annotations

import secrets
from typing import Protocol

__all__ = ["RandomSource", "SystemRandomSource"]


class RandomSource(Protocol):
    """Where random integers come from."""

    def below(self, bound: int) -> int:
        """Return a uniform integer in ``[0, bound)``; ``bound`` ≥ 1."""
        ...


class SystemRandomSource:
    """The operating system's generator; the only source a production agent accepts."""

    def below(self, bound: int) -> int:
        """Return a uniform integer in ``[0, bound)``."""
        return secrets.randbelow(bound)
