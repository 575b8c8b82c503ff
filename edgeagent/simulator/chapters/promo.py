"""Chapter "promo": what choosing on the box brings, what it costs, and whether caps were kept.

Boxes see people by their sessions before the model was trained; people respond by what they watched
after it. Creatives suit segments drawn at random. The response model is stated, not measured: a
creative that suits a person entirely is answered so many times as often as one that does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from edgeagent.clock import DAY_SECONDS
from edgeagent.messages.creatives import Creative, FrequencyCaps, Suits
from edgeagent.promotion.caps import Room
from edgeagent.promotion.choice import EligibleCreative, draw
from edgeagent.promotion.context import context_probabilities
from edgeagent.promotion.limits import least_breadth
from edgeagent.promotion.showing import Instant, Showing
from edgeagent.promotion.targets import taste_factor
from edgeagent.simulator.calendar import START
from edgeagent.simulator.chapters.chapter import Chapter, Ground
from edgeagent.simulator.chapters.response import draw_uplifts, effect_name, tastes
from edgeagent.simulator.pictures.picture import (
    Numbers,
    Picture,
    Screen,
    Section,
    draw_picture,
)
from edgeagent.testing.creatives import some_creative

__all__ = ["Policy", "promo_chapter"]

_PEOPLE, _DAYS, _PLACES_A_DAY = 100, 28, 2
_CREATIVES, _ADVERTISERS = 12, 4
_CAPS = FrequencyCaps(per_day=1, per_week=4, total=40)
_EFFECTS = (0.0, 4.0)
"""An answer is 1 + effect · (the part of the taste that the creative suits) times as likely."""
_LABELS = {
    "weight": "by weight alone",
    "context": "by what is on the screen",
    "box": "by taste, on the box",
    "known": "if tastes were known",
}
_DRAWN = ("context", "box", "known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one way of choosing has delivered."""

    shown: int
    uplift: Mapping[str, float]
    """By effect: answers a showing, beside choosing by weight alone, less 1."""
    reach: float
    """Of the people and creatives: how many met at least once."""
    first_half: float
    """Of the showings, how many fell into the first half of the run; evenly paced: 0.5."""
    fairness: tuple[float, float]
    """Least and largest delivered share of an advertiser over its share of the weights."""
    caps_kept: bool


def promo_chapter(ground: Ground) -> Chapter:
    """Let boxes choose for four weeks: by weight alone, by what is on the screen, by taste."""
    generator = np.random.default_rng([ground.seed, 19, 2])
    seen, lived = tastes(ground, most=_PEOPLE)
    creatives = _creatives(ground, generator)
    plain = _delivered(creatives, _always(np.zeros_like(seen)))
    chosen = {
        "weight": plain,
        "context": _delivered(creatives, _on_screen(ground, lived, generator)),
        "box": _delivered(creatives, _always(seen)),
        "known": _delivered(creatives, _always(lived)),
    }
    policies = {name: _policy(each, plain, creatives, lived) for name, each in chosen.items()}
    broken = [f"a cap was exceeded by {n}" for n, p in policies.items() if not p.caps_kept]
    box = policies["box"]
    none, some = (box.uplift[effect_name(effect)] for effect in _EFFECTS)
    broken += ["promos show an uplift where there is no effect"] if round(none, 9) else []
    return Chapter(
        sections=(
            Section(
                title="Promos: chosen on the box",
                words=f"{len(seen)} people and {_CREATIVES} creatives for {_DAYS} days, "
                f"{_PLACES_A_DAY} places a day. Boxes see tastes by the sessions before the model "
                "was trained; answers follow what was watched after it. How strongly people answer "
                "to what suits them is assumed, not measured.",
                picture=_picture(policies),
            ),
        ),
        lines=(
            ("promos, uplift", f"{some:.1%} where taste matters, {none:.0%} where it does not"),
            ("promos, delivered", f"{box.fairness[0]:.2f} to {box.fairness[1]:.2f} of the weights"),
        ),
        facts={"people": len(seen), "creatives": _CREATIVES, "policies": policies},
        broken=tuple(broken),
    )


def _creatives(ground: Ground, generator: np.random.Generator) -> tuple[Creative, ...]:
    sensitive = ground.artefacts.task.sensitive
    counted = [n for n in range(len(ground.model.labels)) if n not in sensitive]
    size = min(least_breadth(len(ground.model.labels)), len(counted))
    return tuple(
        some_creative(
            f"c{number}",
            starts_at=START,
            ends_at=START + _DAYS * DAY_SECONDS,
            advertiser=f"advertiser-{number % _ADVERTISERS}",
            weight=1 + number % 3,
            caps=_CAPS,
            suits=Suits(segments=tuple(sorted(generator.choice(counted, size, replace=False)))),
        )
        for number in range(_CREATIVES)
    )


def _always(tastes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return [U, P, S] the same taste at each place of the run."""
    return np.repeat(tastes[:, None], _DAYS * _PLACES_A_DAY, axis=1)


def _on_screen(
    ground: Ground, lived: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return [U, P, S] what the genre of the title on the screen leans to; zeros: to nothing.

    The title is one of a session as the person lives them at the time.
    """
    labels = ground.model.labels
    nothing = (0.0,) * len(labels)
    of_segment = np.array(
        [context_probabilities(label.genres, labels) or nothing for label in labels]
    )
    running = [generator.choice(len(labels), _DAYS * _PLACES_A_DAY, p=parts) for parts in lived]
    return of_segment[np.array(running)]


def _delivered(
    creatives: Sequence[Creative], leanings: NDArray[np.float64]
) -> list[list[tuple[int, Creative]]]:
    """Return for each person the day and creative of each showing.

    Args:
        creatives: all of them.
        leanings: [U, P, S] what each choice goes by.

    """
    return [_of_one(creatives, each.tolist(), person=n) for n, each in enumerate(leanings)]


def _of_one(
    creatives: Sequence[Creative], leanings: Sequence[Sequence[float]], *, person: int
) -> list[tuple[int, Creative]]:
    targets = [each.suits.segments for each in creatives]
    showings: list[Showing] = []
    delivered: list[tuple[int, Creative]] = []
    for day in range(_DAYS):
        for place in range(_PLACES_A_DAY):
            now = _instant(day * DAY_SECONDS + place * DAY_SECONDS // (2 * _PLACES_A_DAY))
            leaning = leanings[day * _PLACES_A_DAY + place]
            eligible = [
                EligibleCreative(creative=each, taste=taste_factor(target, leaning))
                for each, target in zip(creatives, targets, strict=True)
            ]
            room = Room(showings, (), now=now)
            left = [each for each in eligible if room.has(each.creative)]
            for item in draw(left, number=1, seed=f"{person} {day} {place}"):
                creative = item.creative
                delivered.append((day, creative))
                showings.append(
                    Showing(
                        crid=creative.crid,
                        advertiser=creative.advertiser,
                        cat=creative.cat,
                        placement=creative.placement,
                        shown=now,
                    )
                )
    return delivered


def _instant(seconds: int) -> Instant:
    return Instant(at=START + seconds, boot_id="one", boot_seconds=float(seconds), certain=True)


def _policy(
    delivered: Sequence[Sequence[tuple[int, Creative]]],
    plain: Sequence[Sequence[tuple[int, Creative]]],
    creatives: Sequence[Creative],
    lived: NDArray[np.float64],
) -> Policy:
    all_of_them = [item for of_one in delivered for item in of_one]
    weights: Counter[str] = Counter()
    for each in creatives:
        weights[each.advertiser] += each.weight
    shown = Counter(creative.advertiser for _, creative in all_of_them)
    over = [
        (shown[name] / len(all_of_them)) / (weight / weights.total())
        for name, weight in weights.items()
    ]
    met = sum(len({creative.crid for _, creative in of_one}) for of_one in delivered)
    return Policy(
        shown=len(all_of_them),
        uplift={
            effect_name(effect): _answers(delivered, lived, effect) / _answers(plain, lived, effect)
            - 1
            for effect in _EFFECTS
        },
        reach=met / (len(delivered) * len(creatives)),
        first_half=sum(day < _DAYS / 2 for day, _ in all_of_them) / len(all_of_them),
        fairness=(min(over), max(over)),
        caps_kept=all(map(_keeps_caps, delivered)),
    )


def _answers(
    delivered: Sequence[Sequence[tuple[int, Creative]]], lived: NDArray[np.float64], effect: float
) -> float:
    """Return how many answers a showing brings, in units of one that suits nobody."""
    answers = [
        1 + effect * float(taste[list(creative.suits.segments)].sum())
        for of_one, taste in zip(delivered, lived, strict=True)
        for _, creative in of_one
    ]
    return sum(answers) / len(answers)


def _keeps_caps(of_one: Sequence[tuple[int, Creative]]) -> bool:
    """Count by itself, without the code that keeps the caps."""
    by_day = Counter((creative.crid, day) for day, creative in of_one)
    total = Counter(creative.crid for _, creative in of_one)
    weeks = (
        sum(by_day[crid, day] for day in range(first, first + 7))
        for crid in total
        for first in range(_DAYS - 6)
    )
    return (
        max(by_day.values()) <= (_CAPS.per_day or 0)
        and max(weeks) <= (_CAPS.per_week or 0)
        and max(total.values()) <= (_CAPS.total or 0)
    )


def _picture(policies: Mapping[str, Policy]) -> Picture:
    names = [effect_name(effect) for effect in _EFFECTS]
    brought = {name: f"{each.uplift[names[-1]]:.1%}" for name, each in policies.items()}

    def draw_bars(figure: Figure, screen: Screen) -> None:
        uplifts = {_LABELS[name]: policies[name].uplift for name in _DRAWN}
        label = "more answers a showing than by weight alone, %"
        draw_uplifts(figure, screen, uplifts, effects=names, label=label)

    return draw_picture(
        "promos",
        draw_bars,
        heights_inches=(2.0, 2.6),
        caption="Where taste changes no answer there is no uplift. Where a creative that suits "
        f"entirely is answered five times as often, taste on the box brings {brought['box']} and "
        f"what is on the screen {brought['context']}, both little: half of the places are drawn by "
        "chance, a weight is at most doubled, and caps spread the rest.",
        description="Uplift of choosing promos on the box, without and with an effect of taste.",
        numbers=Numbers(
            columns=(
                *("", "shown", "reach, %", "in the first half, %", "uplift 5x, %"),
                "delivered over weight",
            ),
            rows=tuple(
                (
                    _LABELS[name],
                    str(policy.shown),
                    f"{100 * policy.reach:.1f}",
                    f"{100 * policy.first_half:.1f}",
                    f"{100 * policy.uplift[names[-1]]:.1f}",
                    f"{policy.fairness[0]:.2f} to {policy.fairness[1]:.2f}",
                )
                for name, policy in policies.items()
            ),
        ),
    )
