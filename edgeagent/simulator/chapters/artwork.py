"""Chapter "artwork": what variants of a title's artwork bring, how stable they are, and examples.

Boxes see people by their sessions before the model was trained; people respond by what they watched
after it. The response model is stated, not measured: a picture that fits a person entirely is
chosen so many times as often as the standard one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from edgeagent.messages.creatives import Creative
from edgeagent.promotion.limits import LEAST_VARIANT_TASTE
from edgeagent.promotion.variants import misleading_faults, pick_variant
from edgeagent.simulator.chapters.chapter import Chapter, Ground
from edgeagent.simulator.chapters.response import draw_uplifts, effect_name, tastes
from edgeagent.simulator.pictures.marks import legend_above
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    Numbers,
    Picture,
    Screen,
    Section,
    draw_picture,
)
from edgeagent.testing.creatives import some_variant
from model_export.publishing.own_segments import own_segments

__all__ = ["ArtworkPolicy", "artwork_chapter"]

_PEOPLE, _TITLES, _EXAMPLES = 100, 60, 8
_EFFECTS = (0.0, 1.0)
"""A picture is chosen 1 + effect · (part of the taste in its segment) times as often."""
_LABELS = {
    "chance": "as many, by chance",
    "box": "on the box",
    "known": "if tastes were known",
    "any": "by chance for everybody",
}
_DRAWN = ("chance", "box", "known")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtworkPolicy:
    """What one way of picking variants has brought."""

    shown: float
    """Of the people and titles: how many saw a variant, the others the standard artwork."""
    uplift: Mapping[str, float]
    """By effect: choices a title shown, beside standard artwork for all, less 1."""


def artwork_chapter(ground: Ground) -> Chapter:
    """Let boxes pick the artwork of the most watched titles for a hundred people."""
    seen, lived = tastes(ground, most=_PEOPLE)
    stage = _ArtworkStage.of(ground)
    box, anyone = stage.picked(seen), stage.picked(np.ones_like(seen))
    picked = {
        "chance": np.where(box >= 0, anyone, box),
        "box": box,
        "known": stage.picked(lived),
        "any": anyone,
    }
    policies = {name: _policy(choice, lived) for name, choice in picked.items()}
    misleading = sum(1 for _ in misleading_faults(stage.variants, stage.own))
    moved = _moved(stage, seen)
    none, some = (policies["box"].uplift[effect_name(effect)] for effect in _EFFECTS)
    broken = ["artwork shows an uplift where there is no effect"] if round(none, 9) else []
    broken += ["a variant is for a segment that its title is not near to"] if misleading else []
    broken += ["artwork moves more than its bound"] if moved[0] > moved[1] else []
    return Chapter(
        sections=(
            Section(
                title="Artwork: variants by taste",
                words=f"{len(seen)} people and the {len(stage.own)} most watched titles, each with "
                "a variant for each of its own segments. Boxes see tastes by the sessions before "
                "the model was trained; people choose by what they watched after it. That a "
                "picture which fits entirely is chosen twice as often is assumed, not measured.",
                picture=_uplift_picture(policies),
            ),
            Section(
                title="Artwork: examples",
                words="What boxes would show of the first titles: the segments that a title is "
                "nearest to, for which alone it may have variants, and how many people see each. "
                "The others see the standard artwork.",
                picture=_example_picture(stage, picked["box"]),
            ),
        ),
        lines=(
            ("artwork, uplift", f"{some:.1%} where it matters, {none:.0%} where it does not"),
            (
                "artwork, stable",
                f"{moved[0]:.1%} move when a tenth of the taste does; bound {moved[1]:.1%}",
            ),
        ),
        facts={
            "people": len(seen),
            "titles": len(stage.own),
            "policies": policies,
            "misleading": misleading,
            "moved": {"share": moved[0], "bound": moved[1]},
        },
        broken=tuple(broken),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ArtworkStage:
    """Titles with a variant for each of their own segments that is not sensitive."""

    ground: Ground
    own: Mapping[str, tuple[int, ...]]
    """Of each title, the most watched first."""
    of_title: Mapping[str, tuple[Creative, ...]]

    @classmethod
    def of(cls, ground: Ground) -> _ArtworkStage:
        watched = np.bincount(ground.split.training.items, minlength=len(ground.model.titles))
        ids = [ground.model.titles[item].entity_id for item in np.argsort(-watched)[:_TITLES]]
        found = own_segments(ground.model, ids)
        own = {entity_id: found[entity_id] for entity_id in ids if entity_id in found}
        sensitive = ground.artefacts.task.sensitive
        return cls(
            ground=ground,
            own=own,
            of_title={
                entity_id: tuple(
                    some_variant(f"t{place}-s{segment}", entity_id, segment)
                    for segment in segments
                    if segment not in sensitive
                )
                for place, (entity_id, segments) in enumerate(own.items())
            },
        )

    @property
    def variants(self) -> list[Creative]:
        return [each for variants in self.of_title.values() for each in variants]

    def picked(self, tastes: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return [U, T] the segment of the variant that each person sees; −1: standard."""
        labels = self.ground.model.labels
        found = np.full((len(tastes), len(self.own)), -1)
        for person, taste in enumerate(tastes.tolist()):
            for place, (entity_id, own) in enumerate(self.own.items()):
                variant = pick_variant(
                    self.of_title[entity_id],
                    own,
                    labels=labels,
                    taste=taste,
                    seed=f"{person} {entity_id}",
                )
                if variant is not None:
                    found[person, place] = variant.suits.segments[0]
        return found


def _policy(picked: NDArray[np.int64], lived: NDArray[np.float64]) -> ArtworkPolicy:
    shown = picked >= 0
    fits = np.where(shown, np.take_along_axis(lived, np.maximum(picked, 0), axis=1), 0.0)
    return ArtworkPolicy(
        shown=float(shown.mean()),
        uplift={effect_name(effect): float(effect * fits.mean()) for effect in _EFFECTS},
    )


def _moved(stage: _ArtworkStage, seen: NDArray[np.float64]) -> tuple[float, float]:
    """Return the part of titles whose artwork changes as tastes do, and its bound.

    A tenth of each taste goes over to the taste of the next person. The bound is the mean of
    2 v / (1 + v) over people and titles, v the total variation of the shares of what may be
    shown, plus four standard errors of the draws.
    """
    later = 0.9 * seen + 0.1 * np.roll(seen, 1, axis=0)
    before, after = stage.picked(seen), stage.picked(later)
    bounds = np.zeros(before.shape)
    for place, variants in enumerate(stage.of_title.values()):
        segments = [each.suits.segments[0] for each in variants]
        old, new = (_shares(taste[:, segments]) for taste in (seen, later))
        variation = np.abs(old - new).sum(axis=1) / 2
        bounds[:, place] = 2 * variation / (1 + variation)
    bound = float(bounds.mean())
    return float((before != after).mean()), bound + 4 * float(np.sqrt(bound / bounds.size))


def _shares(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return [U, V + 1] of each variant; all of the last, the standard one, where none may be."""
    left = np.where(parts >= LEAST_VARIANT_TASTE, parts, 0.0)
    whole = left.sum(axis=1, keepdims=True)
    return np.hstack((left / np.maximum(whole, 1e-12), (whole == 0).astype(float)))


def _uplift_picture(policies: Mapping[str, ArtworkPolicy]) -> Picture:
    names = [effect_name(effect) for effect in _EFFECTS]
    brought = {name: f"{each.uplift[names[-1]]:.1%}" for name, each in policies.items()}

    def draw_bars(figure: Figure, screen: Screen) -> None:
        uplifts = {_LABELS[name]: policies[name].uplift for name in _DRAWN}
        label = "more choices of a title than with standard artwork, %"
        draw_uplifts(figure, screen, uplifts, effects=names, label=label)

    return draw_picture(
        "artwork",
        draw_bars,
        heights_inches=(2.0, 2.6),
        caption="Where pictures change no choice there is no uplift. Where one that fits entirely "
        f"is chosen twice as often, the variants that boxes picked, in {policies['box'].shown:.0%} "
        f"of the cases, bring {brought['box']}; as many of the titles' own by chance bring "
        f"{brought['chance']}. One by chance for everybody brings {brought['any']}, since no "
        "variant is assumed to be worse than the standard artwork.",
        description="Uplift of picking artwork on the box, without and with an effect.",
        numbers=Numbers(
            columns=("", "see a variant, %", f"uplift {names[-1]}, %"),
            rows=tuple(
                (_LABELS[name], f"{100 * each.shown:.1f}", f"{100 * each.uplift[names[-1]]:.1f}")
                for name, each in policies.items()
            ),
        ),
    )


def _example_picture(stage: _ArtworkStage, picked: NDArray[np.int64]) -> Picture:
    ids = list(stage.own)[:_EXAMPLES]
    titles = {title.entity_id: title.title for title in stage.ground.model.titles}
    labels = stage.ground.model.labels
    seen = [Counter(picked[:, place].tolist()) for place in range(len(ids))]
    people = len(picked)

    def draw_shares(figure: Figure, screen: Screen) -> None:
        axes = figure.subplots()
        for rank, color in enumerate((ESTIMATE, "#74a9cf", "#bdc9e1")):
            values = [_part(seen[n], _nth(stage, one, rank), people) for n, one in enumerate(ids)]
            before = [
                sum(_part(seen[n], _nth(stage, one, earlier), people) for earlier in range(rank))
                for n, one in enumerate(ids)
            ]
            name = ("nearest", "second", "third")[rank]
            axes.barh(range(len(ids)), values, left=before, color=color, label=name)
        axes.set_yticks(range(len(ids)), [screen.label(titles[one]) for one in ids])
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        label = "of people, % that see the variant for the title's own segment"
        axes.set_xlabel(screen.label(label))
        axes.grid(visible=False, axis="y")
        legend_above(figure, axes, columns=3)

    return draw_picture(
        "artwork-examples",
        draw_shares,
        heights_inches=(3.2, 4.2),
        caption="Each title has variants for its own segments alone; what is white is the "
        "standard artwork.",
        description="For eight titles, the share of people that see each variant.",
        numbers=Numbers(
            columns=("title", "for", "people"),
            rows=tuple(
                (titles[one], labels[segment].name, str(seen[n][segment]))
                for n, one in enumerate(ids)
                for segment in _shown_segments(stage, one)
            ),
        ),
    )


def _shown_segments(stage: _ArtworkStage, entity_id: str) -> Sequence[int]:
    return [each.suits.segments[0] for each in stage.of_title[entity_id]]


def _nth(stage: _ArtworkStage, entity_id: str, rank: int) -> int | None:
    own = _shown_segments(stage, entity_id)
    return own[rank] if rank < len(own) else None


def _part(seen: Counter[int], segment: int | None, people: int) -> float:
    return 0.0 if segment is None else 100 * seen[segment] / people
