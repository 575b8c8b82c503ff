"""Boxes that lie: which attack, and how many take part."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["COPIES", "AttackName", "Poisoning", "pushing_the_rarest"]

AttackName = Literal["maximal-gain", "random", "duplicate"]
"""Described in :mod:`edgeagent.simulator.fleet.attacks`."""
COPIES = 5
"""How often a box of a ``duplicate`` attack reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisoning:
    """An attack on a fleet."""

    attack: AttackName
    share: float
    """Fraction of the boxes that report, in [0, 1)."""
    target: int
    """The category that they push."""

    @property
    def share_of_reports(self) -> float:
        """β, the fraction of the counted reports that poisoners are expected to send."""
        sent = self.share * (COPIES if self.attack == "duplicate" else 1)
        return sent / (1 - self.share + sent)


def pushing_the_rarest(
    mix: Sequence[float], *, attack: AttackName, share: float, sensitive: Collection[int] = ()
) -> Poisoning | None:
    """Return the attack on the segment with the smallest share; ``None`` without attackers.

    Sensitive segments are no target: nobody is shown them. Where all are, one has to do.
    """
    segments = range(len(mix) - 1)
    listed = [segment for segment in segments if segment not in sensitive] or segments
    target = min(listed, key=mix.__getitem__)
    return Poisoning(attack=attack, share=share, target=target) if share else None
