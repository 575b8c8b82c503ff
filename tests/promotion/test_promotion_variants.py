"""Artwork of titles: for their own segments alone, stable for a household, never misleading."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from edgeagent.messages.creatives import Creative, CreativeAsset, FrequencyCaps, Suits
from edgeagent.promotion.limits import LEAST_VARIANT_TASTE
from edgeagent.promotion.rules import catalogue_faults, target_faults
from edgeagent.promotion.variants import misleading_faults, pick_variant
from edgeagent.testing.creatives import some_catalogue, some_creative, some_labels, some_variant

SPACE = "0" * 16
LABELS = some_labels(16, sensitive=(5,))
OWN = (3, 1, 5)


def faults(creative: Creative) -> list[str]:
    return [str(fault) for fault in catalogue_faults(some_catalogue(creative, space_id=SPACE))]


def taste(**shares: float) -> tuple[float, ...]:
    """Return a taste by the number of its segments: ``taste(s3=0.5)``."""
    return tuple(shares.get(f"s{number}", 0.0) for number in range(len(LABELS)))


def picked(
    variants: Sequence[Creative], mix: tuple[float, ...], own: Sequence[int] = OWN, seed: str = "x"
) -> str | None:
    found = pick_variant(variants, own, labels=LABELS, taste=mix, seed=seed)
    return None if found is None else found.crid


def with_media(creative: Creative, media_type: str) -> Creative:
    fields = msgspec.structs.asdict(creative.asset)
    suffix = {"video/webm": "webm", "image/png": "png"}[media_type]
    path = f"{creative.asset.path.rpartition('.')[0]}.{suffix}"
    asset = CreativeAsset(**(fields | {"media_type": media_type, "path": path}))
    return msgspec.structs.replace(creative, asset=asset)


def test_a_variant_for_its_titles_own_segments_is_sound_however_narrow() -> None:
    variant = some_variant("night", "film-1", 3)
    assert faults(variant) == []
    assert faults(with_media(some_variant("clip", "film-1", 3, kind="trailer"), "video/webm")) == []
    catalogue = some_catalogue(variant, space_id=SPACE)
    assert list(target_faults(catalogue, space_id=SPACE, labels=LABELS)) == []
    assert list(misleading_faults((variant, some_creative("ad")), {"film-1": OWN})) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"entity_id": None}, "entity_id: missing"),
        ({"suits": Suits()}, "suits.segments: missing"),
        ({"suits": Suits(segments=(3,), genres=("Drama",))}, "suits: a variant is for segments by"),
        ({"caps": FrequencyCaps(per_day=1)}, "caps: not of a variant"),
        ({"dayparts": ("night",)}, "dayparts: not of a variant"),
        ({"code": "A"}, "code: not of a variant"),
        ({"kind": "trailer"}, "asset.media_type: a trailer of image/jpeg"),
    ],
)
def test_what_is_wrong_with_a_variant_has_its_place(change: dict[str, object], said: str) -> None:
    [found] = faults(msgspec.structs.replace(some_variant("v", "film-1", 3), **change))
    assert said in found


def test_a_picture_of_an_ad_does_not_move() -> None:
    [found] = faults(with_media(some_creative("c"), "video/webm"))
    assert "a ad of video/webm; trailers alone" in found


def test_a_variant_for_another_segment_is_refused_by_the_publisher_and_on_the_box() -> None:
    near, far = some_variant("near", "film-1", 3, 1), some_variant("far", "film-1", 3, 9)
    [fault] = misleading_faults((near, far), {"film-1": OWN})
    assert str(fault) == (
        "creative 'far', suits.segments: 9 is none of its title's own, which are 3, 1, 5; "
        "it would mislead: leave it out"
    )
    # A household whose taste lies in segment 9 alone sees the standard artwork all the same.
    for mix in (taste(s9=1.0), taste(s3=0.5, s9=0.5)):
        assert picked((far,), mix) is None
        assert picked((far,), mix, own=(3, 9)) == "far"
    assert picked((near, far), taste(s3=0.2, s9=0.8)) == "near"


def test_a_title_that_the_model_does_not_know_has_no_variants() -> None:
    variant = some_variant("v", "film-2", 3)
    [fault] = misleading_faults((variant,), {"film-1": OWN})
    assert "entity_id: the model does not know film-2" in str(fault)
    assert picked((variant,), taste(s3=1.0), own=()) is None


def test_nothing_is_for_a_sensitive_segment_even_if_it_is_the_titles_own() -> None:
    variant = some_variant("v", "film-1", 5)
    catalogue = some_catalogue(variant, space_id=SPACE)
    [fault] = target_faults(catalogue, space_id=SPACE, labels=LABELS)
    assert "segment 5 is sensitive" in str(fault)
    assert picked((variant,), taste(s5=1.0)) is None
    assert picked((some_variant("v", "film-1", 5, 3),), taste(s3=1.0)) is None


def test_no_more_segments_count_as_a_titles_own_than_are_compiled() -> None:
    variant = some_variant("v", "film-1", 7)
    assert picked((variant,), taste(s7=1.0), own=(3, 1, 0, 7)) is None
    [fault] = misleading_faults((variant,), {"film-1": (3, 1, 0, 7)})
    assert "7 is none of its title's own" in str(fault)


def test_a_taste_elsewhere_sees_the_standard_artwork() -> None:
    variant = some_variant("v", "film-1", 3)
    assert picked((variant,), taste(s9=1.0)) is None
    assert picked((variant,), taste(s3=LEAST_VARIANT_TASTE - 0.001, s9=0.951)) is None
    assert picked((variant,), taste(s3=LEAST_VARIANT_TASTE, s9=0.95)) == "v"
    assert picked((), taste(s3=1.0)) is None


def test_shares_decide_how_many_households_see_a_variant_and_few_see_another_one_soon() -> None:
    variants = [some_variant("a", "film-1", 3), some_variant("b", "film-1", 1)]
    households = [f"household {number}" for number in range(4000)]

    def seen(mix: tuple[float, ...]) -> list[str | None]:
        return [picked(variants, mix, seed=seed) for seed in households]

    before, after = seen(taste(s3=0.6, s1=0.2, s9=0.2)), seen(taste(s3=0.56, s1=0.24, s9=0.2))
    assert before == seen(taste(s3=0.6, s1=0.2, s9=0.2))
    # Three in four and seven in ten; four standard errors of 4000 households are 2.8 %.
    assert before.count("a") / 4000 == pytest.approx(0.75, abs=0.028)
    assert after.count("a") / 4000 == pytest.approx(0.70, abs=0.029)
    moved = sum(one != other for one, other in zip(before, after, strict=True)) / 4000
    assert moved <= 2 * 0.05 / 1.05
    assert all(one == "a" for one, other in zip(before, after, strict=True) if one != other)
