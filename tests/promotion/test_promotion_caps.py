"""Caps are kept whatever the clock says; a total is spread over the time it runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS, WEEK_SECONDS
from edgeagent.messages.creatives import CapRule, FrequencyCaps
from edgeagent.promotion.caps import Room, elapsed_seconds, paced
from edgeagent.promotion.eligibility import Hidden, Situation, daypart_of, why_not
from edgeagent.promotion.showing import Instant, Showing
from edgeagent.testing.creatives import some_creative

NOW = 1_790_000_000


def instant(
    ago: float = 0, *, boot: str = "b", certain: bool = True, clock_ago: float | None = None
) -> Instant:
    return Instant(
        at=int(NOW - (ago if clock_ago is None else clock_ago)),
        boot_id=boot,
        boot_seconds=10_000_000 - ago,
        certain=certain,
    )


def showing(ago: float, *, crid: str = "c", cat: str = "snacks", boot: str = "b") -> Showing:
    return Showing(
        crid=crid, advertiser="acme", cat=cat, placement="home", shown=instant(ago, boot=boot)
    )


def room(*showings: Showing, rules: tuple[CapRule, ...] = ()) -> Room:
    return Room(showings, rules, now=instant())


@pytest.mark.parametrize(
    ("cap", "window"),
    [("per_hour", HOUR_SECONDS), ("per_day", DAY_SECONDS), ("per_week", WEEK_SECONDS)],
)
def test_a_cap_holds_for_its_window_and_no_longer(cap: str, window: int) -> None:
    creative = some_creative("c", caps=FrequencyCaps(**{cap: 2}))
    assert room(showing(0)).has(creative)
    assert not room(showing(0), showing(window - 1)).has(creative)
    assert room(showing(0), showing(window)).has(creative)
    assert room(showing(0), showing(1, crid="other")).has(creative)


def test_what_stands_in_an_answer_counts_at_once() -> None:
    creative = some_creative("c", caps=FrequencyCaps(per_hour=1))
    here = room()
    here.take(creative)
    assert not here.has(creative)


def test_an_advertiser_and_a_category_have_caps_of_their_own() -> None:
    creative = some_creative("c")
    one = FrequencyCaps(per_day=1)
    for rule in (
        CapRule(of="advertiser", name="acme", caps=one),
        CapRule(of="category", name="snacks", caps=one),
    ):
        assert not room(showing(9, crid="other"), rules=(rule,)).has(creative)
    other = CapRule(of="category", name="cars", caps=one)
    assert room(showing(9, crid="other"), rules=(other,)).has(creative)


def test_a_total_is_spread_and_never_exceeded() -> None:
    start = NOW - 5 * DAY_SECONDS
    creative = some_creative(
        "c", starts_at=start, ends_at=start + 10 * DAY_SECONDS, caps=FrequencyCaps(total=5)
    )
    by_day = [paced(creative, start + day * DAY_SECONDS) for day in (-1, 0, 2, 3, 5, 9, 10, 99)]
    assert by_day == [1, 1, 1, 2, 3, 4, 5, 5]
    assert paced(some_creative("d"), NOW) is None
    assert room(showing(1), showing(2)).has(creative)
    assert not room(showing(1), showing(2), showing(WEEK_SECONDS)).has(creative)


def test_a_total_holds_for_ever() -> None:
    creative = some_creative("c", starts_at=1, ends_at=2, caps=FrequencyCaps(total=1))
    assert not room(showing(80 * DAY_SECONDS)).has(creative)


@given(true_ago=st.floats(0, 1e7), jump=st.integers(-(10**9), 10**9))
def test_within_a_boot_no_jump_of_the_clock_makes_it_seem_longer_ago(
    true_ago: float, jump: int
) -> None:
    then = instant(true_ago, clock_ago=true_ago + jump)
    assert elapsed_seconds(then, instant()) == pytest.approx(true_ago, abs=1e-3)


def test_across_boots_only_a_clock_that_is_vouched_for_counts() -> None:
    before = instant(0, boot="a", clock_ago=500)
    assert elapsed_seconds(before, instant()) == 500
    doubtful = Instant(at=NOW - 500, boot_id="a", boot_seconds=0, certain=False)
    assert elapsed_seconds(doubtful, instant()) == 0
    assert elapsed_seconds(before, instant(certain=False)) == 0
    assert elapsed_seconds(instant(boot="a", clock_ago=-500), instant()) == 0  # dated ahead
    ahead = Instant(at=NOW, boot_id="b", boot_seconds=99_000_000, certain=True)
    assert elapsed_seconds(ahead, instant()) == 0  # a boot id that was used twice


def situation(**changes: object) -> Situation:
    fields: dict[str, object] = {
        "placement": "home",
        "now": NOW,
        "daypart": "evening",
        "language": "en",
        "max_age_rating": 21,
        "for_kid": False,
        "hidden": Hidden(),
    }
    return Situation(**fields | changes)  # type: ignore[arg-type]


WIDE = {"starts_at": NOW, "ends_at": NOW + 1}


@pytest.mark.parametrize(
    ("fields", "changes", "reason"),
    [
        ({}, {}, None),
        ({}, {"placement": "pause"}, "placement"),
        ({"starts_at": NOW + 1, "ends_at": NOW + 2}, {}, "time"),
        ({"starts_at": NOW - 1, "ends_at": NOW}, {}, "time"),
        ({"dayparts": ("night", "evening")}, {}, None),
        ({"dayparts": ("night",)}, {}, "daypart"),
        ({"language": "de"}, {}, "language"),
        ({"language": "de"}, {"language": "de"}, None),
        ({"age_rating": 16}, {"max_age_rating": 12}, "age"),
        ({"kind": "promo", "age_rating": 6}, {"for_kid": True}, None),
        ({"kind": "promo", "age_rating": 6}, {"for_kid": True, "max_age_rating": 0}, "age"),
        ({"kind": "promo", "age_rating": 7}, {"for_kid": True}, "age"),
        ({"kind": "ad"}, {"for_kid": True}, "house_only"),
        ({}, {"hidden": Hidden(creatives=frozenset({"c"}))}, "hidden"),
        ({}, {"hidden": Hidden(advertisers=frozenset({"acme"}))}, "hidden"),
        ({}, {"hidden": Hidden(categories=frozenset({"snacks"}))}, "hidden"),
        ({}, {"hidden": Hidden(categories=frozenset({"cars"}))}, None),
        ({"caps": FrequencyCaps(per_day=1)}, {}, "cap"),
    ],
)
def test_why_a_creative_may_not_be_shown(
    fields: dict[str, object], changes: dict[str, object], reason: str | None
) -> None:
    creative = some_creative("c", **WIDE | fields)  # type: ignore[arg-type]
    here = situation(**changes)
    said = why_not(creative, here, is_here=lambda _: True, room=room(showing(5)))
    assert said == reason
    if reason is None:
        gone = why_not(creative, here, is_here=lambda _: False, room=room())
        assert gone == "no_file"


def test_a_day_has_four_parts_by_the_clock_of_the_catalogue() -> None:
    midnight = NOW - NOW % DAY_SECONDS
    parts = [daypart_of(midnight + 6 * HOUR_SECONDS * q, utc_offset_minutes=0) for q in range(4)]
    assert parts == ["night", "morning", "afternoon", "evening"]
    assert daypart_of(midnight, utc_offset_minutes=-60) == "evening"
    assert daypart_of(midnight + 5 * HOUR_SECONDS, utc_offset_minutes=60) == "morning"
