"""The primitives of discrete Laplace, exactly: chances as fractions, of the code that runs.

The sampler may loop for ever, so its own distribution is held between bounds: what the paths that
were followed make certain, and that plus the weight of those that were not.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import partial
from math import factorial, perm

from edgeagent.messages.task import MAX_ODDS
from edgeagent.privacy.discrete_laplace import CLIP, DiscreteLaplace, largest_epsilon
from edgeagent.privacy.exact_sampling import (
    bernoulli,
    bernoulli_exp,
    discrete_laplace,
    uniform_choice,
)
from edgeagent.randomness import RandomSource
from tests.audit.branching import distribution_and_rest, exact_distribution
from tests.audit.exact import all_weeks
from tests.audit.part import Effort, Result

_LEAST = Fraction(1, 10**5)
_TURNS = 6
_RATES = (Fraction(1), Fraction(1, 2), Fraction(2, 3), Fraction(3, 2))


def primitives(effort: Effort) -> Result:
    """Choices, coin flips and noise of discrete Laplace have the chances of the paper."""
    checks = (_choices, _flips, _exponential_flips, _noise, _sensitivity, _rates)
    wrong: list[str] = []
    figures: dict[str, int] = {}
    for check in checks:
        effort.say(check.__name__.strip("_"))
        found = list(check(effort))
        figures[check.__name__.strip("_")] = len(found)
        wrong += [line for line in found if line]
        if wrong:  # what is built on a wrong primitive may not even end
            break
    return Result(
        name="primitives",
        wrong=tuple(wrong),
        figures=figures,
        summary=f"{sum(figures.values())} chances of choices, coin flips, noise, sensitivity "
        f"and rates compared, {len(wrong)} wrong",
    )


def _choices(effort: Effort) -> Iterator[str]:
    """Every order of a choice is as likely as any other."""
    for items in range(1, 7 if effort.full else 6):
        for size in range(items + 1):
            orders = exact_distribution(partial(_order, items, size))
            fair = set(orders.values()) == {Fraction(1, perm(items, size))}
            yield "" if fair else f"choosing {size} of {items} is not uniform"


def _order(items: int, size: int, random: RandomSource) -> tuple[int, ...]:
    return tuple(uniform_choice(range(items), size, random))


def _flips(effort: Effort) -> Iterator[str]:
    del effort
    for denominator in range(1, 13):
        for numerator in range(denominator + 1):
            heads = exact_distribution(partial(bernoulli, numerator, denominator))
            right = heads.get(True, 0) == Fraction(numerator, denominator)
            yield "" if right else f"bernoulli({numerator}, {denominator}) is {heads}"


class _TurnsOverError(Exception):
    pass


class _Turns:
    """Passes draws on and ends the path after so many, to see what was decided until then."""

    def __init__(self, inner: RandomSource, turns: int) -> None:
        self._inner = inner
        self._left = turns

    def below(self, bound: int) -> int:
        if self._left == 0:
            raise _TurnsOverError
        self._left -= 1
        return self._inner.below(bound)


def _exponential_flips(effort: Effort) -> Iterator[str]:
    """After K turns exactly the partial sum of the series of e^−γ is decided."""
    for denominator in range(1, 9 if effort.full else 6):
        for numerator in range(denominator + 1):
            gamma = Fraction(numerator, denominator)
            heads = exact_distribution(partial(_decided, numerator, denominator))
            chance = [gamma**k / factorial(k) for k in range(_TURNS + 1)]
            series = sum(
                (chance[k - 1] - chance[k] for k in range(1, _TURNS + 1, 2)), start=Fraction(0)
            )
            yield "" if heads.get(True, 0) == series else f"bernoulli_exp({gamma}) is {heads}"


def _decided(numerator: int, denominator: int, random: RandomSource) -> bool | None:
    try:
        return bernoulli_exp(numerator, denominator, _Turns(random, _TURNS))
    except _TurnsOverError:
        return None


def _noise(effort: Effort) -> Iterator[str]:
    """The chance of each value lies between what is certain and that plus the rest."""
    for rate in _RATES:
        certain, rest = distribution_and_rest(
            partial(discrete_laplace, rate), least=_LEAST / (10 if effort.full else 1)
        )
        for value in range(-4, 5):
            low = certain.get(value, Fraction(0))
            with localcontext(prec=50):
                true = Fraction(_noise_chance(rate, value))
            yield "" if low <= true <= low + rest else f"noise {value} at rate {rate}: {low}"
        mirrored = all(certain[value] == certain.get(-value) for value in certain)
        yield "" if mirrored else f"noise at rate {rate} is not symmetric"


def _noise_chance(rate: Fraction, value: int) -> Decimal:
    ratio = (-Decimal(rate.numerator) / Decimal(rate.denominator)).exp()
    return (1 - ratio) / (1 + ratio) * ratio ** abs(value)


def _sensitivity(effort: Effort) -> Iterator[str]:
    """No two bounded weeks differ by more than the noise is made for, and some differ by that."""
    del effort
    mechanism = DiscreteLaplace(3, MAX_ODDS)
    bounded = [mechanism.bound(week, _Zeros()).counts for week in all_weeks(3, sessions=CLIP + 2)]
    furthest = max(
        sum(abs(one - two) for one, two in zip(here, there, strict=True))
        for here in bounded
        for there in bounded
    )
    right = mechanism.rate * furthest == mechanism.epsilon
    yield "" if right else f"weeks differ by up to {furthest}, the rate is {mechanism.rate}"


class _Zeros:
    def below(self, bound: int) -> int:
        del bound
        return 0


def _rates(effort: Effort) -> Iterator[str]:
    """What is drawn never costs more than what is booked, and a thousandth more would."""
    for denominator in range(1, 1001, 7 if effort.full else 151):
        for numerator in range(denominator + 1, min(3 * denominator, 1000) + 1):
            odds = Fraction(numerator, denominator)
            epsilon = largest_epsilon(odds)
            with localcontext(prec=50):
                booked = Decimal(numerator) / Decimal(denominator)
                drawn = Decimal(epsilon.numerator) / Decimal(epsilon.denominator)
                fits = drawn.exp() <= booked < (drawn + Decimal("0.001")).exp()
            yield "" if fits else f"e^epsilon = {odds} is drawn at {epsilon}"
