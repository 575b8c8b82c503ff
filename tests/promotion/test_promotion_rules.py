"""What a catalogue must keep to, each fault with its place; and what no decoder lets in."""

from __future__ import annotations

import json

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import MalformedMessage
from edgeagent.messages import canonical_bytes
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.creatives import (
    MOST_CREATIVES,
    CapRule,
    Creative,
    CreativeCatalogue,
    FrequencyCaps,
    Suits,
    decode_creatives,
)
from edgeagent.promotion.limits import KEPT_BYTES
from edgeagent.promotion.rules import catalogue_faults, require_sound, target_faults
from edgeagent.testing.creatives import some_catalogue, some_creative, some_labels

TASTE, OTHER = Suits(segments=(0, 1)), Suits(segments=(2, 3))
SPACE = "0" * 16


def faults(*creatives: Creative, rules: tuple[CapRule, ...] = ()) -> list[str]:
    catalogue = some_catalogue(*creatives, cap_rules=rules, space_id=SPACE)
    return [str(fault) for fault in catalogue_faults(catalogue)]


def with_asset(creative: Creative, **fields: object) -> Creative:
    asset = msgspec.structs.replace(creative.asset, **fields)
    return msgspec.structs.replace(creative, asset=asset)


def test_a_sound_catalogue_has_no_faults_and_survives_its_encoding() -> None:
    catalogue = some_catalogue(
        some_creative(
            "one",
            suits=Suits(interests=("468",)),
            caps=FrequencyCaps(per_hour=1, per_day=2, total=20),
        ),
        some_creative("two", code="SAVE 20", description="Mr. Robot, S.W.A.T. and 2049"),
        some_creative("three", code="SAVE 20", kind="promo", entity_id="film-1", language="de"),
        some_creative("four", advertiser="other", suits=OTHER, code="OTHER"),
        cap_rules=(
            CapRule(of="category", name="snacks", caps=FrequencyCaps(per_week=9)),
            CapRule(of="advertiser", name="acme", caps=FrequencyCaps(per_week=9)),
        ),
        space_id=SPACE,
    )
    only_codes = msgspec.structs.replace(catalogue, creatives=catalogue.creatives[1:])
    require_sound(only_codes)
    require_sound(some_catalogue(catalogue.creatives[0]))
    assert decode_creatives(canonical_bytes(only_codes)) == only_codes


@pytest.mark.parametrize(
    ("creative", "said"),
    [
        (some_creative("c", starts_at=5, ends_at=5), "'c', ends_at: not after starts_at"),
        (some_creative("c", ends_at=91 * DAY_SECONDS), "ends_at: more than 90 days after"),
        (some_creative("c", dayparts=("night", "night")), "dayparts: one is named twice"),
        (
            some_creative("c", caps=FrequencyCaps(per_hour=3, per_day=2)),
            "caps.per_hour: 3 can never be reached, per_day allows 2",
        ),
        (
            some_creative("c", caps=FrequencyCaps(per_day=3, total=2)),
            "caps.per_day: 3 can never be reached, total allows 2",
        ),
        (some_creative("c", suits=Suits(interests=("49",))), "suits.interests: 49 is not among"),
        (some_creative("c", suits=Suits(content=("453",))), "suits.content: 453 is sensitive"),
        (some_creative("c", description="use SAVE20 now"), "description: 'SAVE20' looks like"),
        (some_creative("c", description="ring 030 123 45-67"), "'030 123 45-67' looks like"),
        (
            msgspec.structs.replace(some_creative("c"), licence=" "),
            "licence: missing; say by which right",
        ),
        (msgspec.structs.replace(some_creative("c"), title=" "), "title: missing"),
        (with_asset(some_creative("c"), path="creatives/c.jpg"), "asset.path: is creatives/c.jpg"),
    ],
)
def test_what_is_wrong_with_one_creative_has_its_place(creative: Creative, said: str) -> None:
    [found] = faults(creative)
    assert said in found
    with pytest.raises(MalformedMessage, match="CreativeCatalogue: creative 'c'"):
        require_sound(some_catalogue(creative))


def test_what_is_wrong_between_creatives() -> None:
    assert "crid: named twice" in faults(some_creative("c"), some_creative("c"))[0]
    no_space = some_catalogue(some_creative("c", suits=TASTE))
    assert "space_id: missing" in str(next(catalogue_faults(no_space)))
    large = [
        with_asset(
            some_creative(f"c{n}"),
            length_bytes=CREATIVE_FILE_CAP_BYTES,
        )
        for n in range(KEPT_BYTES // CREATIVE_FILE_CAP_BYTES + 1)
    ]
    assert "a box keeps 33554432" in faults(*large)[0]
    assert faults(*large[:-1]) == []
    with pytest.raises(MalformedMessage, match=r"named twice.*, and 1 more"):
        require_sound(some_catalogue(*[some_creative("c")] * 3))


def test_caps_of_parties_are_named_once_and_can_be_kept() -> None:
    rule = CapRule(of="advertiser", name="acme", caps=FrequencyCaps(per_hour=2, per_day=1))
    assert "named twice" in " ".join(faults(rules=(rule, rule)))
    assert "advertiser 'acme'.per_hour: 2 can never be" in faults(rules=(rule,))[0]
    total = CapRule(of="advertiser", name="acme", caps=FrequencyCaps(total=1))
    assert "total: cannot be kept; cap by the week" in faults(rules=(total,))[0]


@pytest.mark.parametrize(
    ("one", "other", "is_wrong"),
    [
        ((TASTE, "A"), (OTHER, "B"), True),
        ((TASTE, "A"), (OTHER, None), True),
        ((TASTE, "A"), (Suits(), "B"), True),
        ((TASTE, "A"), (OTHER, "A"), False),
        ((TASTE, "A"), (TASTE, "B"), False),
        ((Suits(), "A"), (Suits(), "B"), False),
        ((TASTE, None), (OTHER, None), False),
    ],
)
def test_a_code_does_not_tell_which_taste_it_was_shown_to(
    one: tuple[Suits, str | None], other: tuple[Suits, str | None], *, is_wrong: bool
) -> None:
    found = faults(
        some_creative("a", suits=one[0], code=one[1]),
        some_creative("b", suits=other[0], code=other[1]),
    )
    assert bool(found) == is_wrong
    if is_wrong:
        assert "creative 'a', code: differs from that of 'b'" in found[0]


def test_targets_are_held_against_a_model() -> None:
    labels = some_labels(16, sensitive=(4,))

    def found(suits: Suits, space_id: str = SPACE) -> list[str]:
        catalogue = some_catalogue(some_creative("c", suits=suits), space_id=space_id)
        return [str(f) for f in target_faults(catalogue, space_id=SPACE, labels=labels)]

    assert found(Suits()) == []
    assert found(TASTE) == []
    assert found(Suits(genres=("drama",), content=("641",), interests=("468",))) == []
    assert "space_id: " in found(TASTE, "1" * 16)[0]
    assert "there is no segment 16" in found(Suits(segments=(0, 1, 16)))[0]
    assert "segment 4 is sensitive" in found(Suits(segments=(0, 1, 4)))[0]
    assert "no segment is called 'Opera'" in found(Suits(segments=(0, 1), genres=("Opera",)))[0]
    assert "no segment is of 1" in found(Suits(segments=(0, 1), content=("1",)))[0]
    assert "1 of 16 segments, at least 2" in found(Suits(segments=(0,)))[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Impression", "x"),
        ("Tracking", "x"),
        ("ClickThrough", "x"),
        ("title", "see https://a.example/x"),
        ("title", "www.example"),
        ("title", "go to shop.com now"),
        ("title", "javascript:x"),
        ("title", "two\nlines"),
        ("licence", "data:text/html"),
        ("description", "x" * 121),
        ("crid", "../../etc"),
        ("advertiser", "acme.com"),
        ("asset", {"path": "creatives/a.svg", "media_type": "image/svg+xml"}),
        ("suits", {"segments": [64]}),
        ("suits", {"ages": [1]}),
        ("caps", {"per_hour": 0}),
        ("weight", 101),
        ("age_rating", 22),
        ("code", "a/b"),
        ("dayparts", ["noon"]),
    ],
)
def test_what_a_decoder_never_lets_in(field: str, value: object) -> None:
    plain = json.loads(canonical_bytes(some_catalogue(some_creative("c"))))
    plain["creatives"][0][field] = value
    data = canonical_bytes(plain)
    with pytest.raises(MalformedMessage, match="CreativeCatalogue"):
        decode_creatives(data)


def test_a_catalogue_is_bounded_and_canonical() -> None:
    one = some_creative("c")
    many = some_catalogue(*[one] * (MOST_CREATIVES + 1))
    with pytest.raises(MalformedMessage):
        decode_creatives(canonical_bytes(many))
    with pytest.raises(MalformedMessage, match="canonical"):
        decode_creatives(json.dumps(json.loads(canonical_bytes(some_catalogue(one)))).encode())
    with pytest.raises(MalformedMessage, match="262144"):
        decode_creatives(b" " * (CREATIVE_FILE_CAP_BYTES + 1))


def test_no_field_of_a_creative_is_made_for_an_address() -> None:
    names = {
        field
        for kind in (CreativeCatalogue, Creative, CapRule, FrequencyCaps, Suits)
        for field in kind.__struct_fields__
    }
    assert not {name for name in names if "url" in name or "click" in name or "track" in name}
