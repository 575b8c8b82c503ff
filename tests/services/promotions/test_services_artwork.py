"""Which households see a variant of a title's artwork, and who always sees the standard one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.messages import Pick, Picks
from edgeagent.messages.creatives import Creative, Suits
from edgeagent.messages.fields import MAIN_PROFILE
from edgeagent.testing.creatives import some_creative, some_variant
from tests.services.conftest import Box
from tests.services.promotions.furnished import BOTH, SPACE, chosen, mix, publish, see_taste

Make = Callable[..., Box]
OWN = (3, 1, 7)


def picks_of(*segments: int, own: tuple[int, ...] = OWN, space: str | None = SPACE) -> Picks:
    """Return what a ranking would: one title, its own segments, and a taste."""
    pick = Pick(
        entity_id="film-1",
        title="Alien",
        kind="film",
        year=None,
        genres=(),
        score=1.0,
        reasons=(),
        own_segments=own,
    )
    return Picks(
        picks=(pick,), segment_probabilities=mix(*segments), score_spread=1.0, space_id=space
    )


def furnished(make_box: Make, name: str, *grants: Purpose, seed: str = "box") -> Box:
    """Return a box with variants of one title for segments 3 and 1, and one that would mislead."""
    box = make_box(name, seed=seed)
    box.install()
    box.grant(Purpose.HISTORY, *grants)
    start = box.clock.now()
    publish(
        box,
        some_variant("third", "film-1", 3, starts_at=start),
        some_variant("first", "film-1", 1, starts_at=start),
        some_variant("misleading", "film-1", 9, starts_at=start),
        some_creative("ad", starts_at=start),
    )
    return box


def seen(box: Box, picks: Picks, *, profile: str = MAIN_PROFILE) -> list[str]:
    return [each.crid for each in box.agent.promotions.artwork(picks, profile=profile)]


def seen_files(box: Box) -> list[Path]:
    return [
        Path(each.file) for each in box.agent.promotions.artwork(picks_of(3), profile=MAIN_PROFILE)
    ]


def test_a_household_sees_the_variant_for_its_taste_as_a_file_on_the_box(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    for segment, crid in ((3, "third"), (1, "first")):
        [variant] = box.agent.promotions.artwork(picks_of(segment), profile=MAIN_PROFILE)
        assert (variant.entity_id, variant.crid) == ("film-1", crid)
        assert Path(variant.file).read_bytes()[:3] == b"\xff\xd8\xff"
        assert box.directory in Path(variant.file).parents


def test_a_variant_that_would_mislead_is_refused_by_the_box(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    assert seen(box, picks_of(9)) == []
    assert seen(box, picks_of(9, own=(3, 9))) == ["misleading"]  # of a title that is near to 9


def test_the_same_household_sees_the_same_variant_day_after_day(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    first = seen(box, picks_of(3, 1))
    for _ in range(20):
        box.clock.advance(24 * 3600)
        assert seen(box, picks_of(3, 1)) == first
    box.reopen()
    assert seen(box, picks_of(3, 1)) == first
    other = furnished(make_box, "other", *BOTH, seed="another")
    assert {*first, *seen(other, picks_of(3, 1))} == {"third", "first"}  # as the draws fall


@pytest.mark.parametrize("left_out", BOTH)
def test_without_a_purpose_artwork_is_the_standard_one(make_box: Make, left_out: Purpose) -> None:
    box = furnished(make_box, "one", *BOTH)
    assert seen(box, picks_of(3)) == ["third"]
    box.agent.withdraw(left_out)
    assert seen(box, picks_of(3)) == []


def test_in_a_private_session_artwork_is_the_standard_one(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    box.agent.private.start(600)
    assert seen(box, picks_of(3)) == []
    box.agent.private.stop()
    assert seen(box, picks_of(3)) == ["third"]


def test_children_see_the_standard_artwork(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    box.agent.household.create("kid", kind="kid")
    assert seen(box, picks_of(3), profile="kid") == []
    with pytest.raises(InputError, match="no profile"):
        seen(box, picks_of(3), profile="nobody")


def test_numbers_of_another_model_are_not_used(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    assert seen(box, picks_of(3, space="1" * 16)) == []
    assert seen(box, picks_of(3, space=None)) == []
    few = msgspec.structs.replace(picks_of(3), segment_probabilities=mix(3)[:8])
    assert seen(box, few) == []


def test_what_may_not_be_shown_now_is_not(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    start = box.clock.now()
    later = some_variant("later", "film-1", 3, starts_at=start + 1)
    foreign = some_variant("foreign", "film-1", 3, starts_at=start, language="xx")
    fine = some_variant("fine", "film-1", 3, starts_at=start)
    for variant, shown in ((later, []), (foreign, []), (fine, ["fine"])):
        publish(box, variant)
        assert seen(box, picks_of(3)) == shown
    box.agent.promotions.hide("creative", "fine", profile=MAIN_PROFILE)
    assert seen(box, picks_of(3)) == []
    box.agent.promotions.unhide("creative", "fine", profile=MAIN_PROFILE)
    path = seen_files(box)[0]
    path.write_bytes(b"x" * path.stat().st_size)
    assert seen(box, picks_of(3)) == []


def test_each_form_of_a_title_has_a_variant_of_its_own(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    start = box.clock.now()
    publish(
        box,
        some_variant("poster", "film-1", 3, starts_at=start, placement="poster"),
        some_variant("wide", "film-1", 3, starts_at=start, placement="wide"),
        some_variant("other", "film-2", 3, starts_at=start, placement="wide"),
    )
    assert seen(box, picks_of(3)) == ["poster", "wide"]


def test_artwork_is_chosen_for_no_placement_and_never_counted(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    assert chosen(box, 4) == chosen(box, 4, app="7") == ("ad",)
    with pytest.raises(InputError, match="artwork of a title, which is not counted"):
        box.agent.promotions.shown("third", profile=MAIN_PROFILE)


def test_why_names_the_segments_that_a_variant_is_for(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    see_taste(box, 3)
    reason = box.agent.promotions.why("third", profile=MAIN_PROFILE)
    assert [each.number for each in reason.segments] == [3]
    assert reason.factor == 1
    assert box.agent.promotions.why("first", profile=MAIN_PROFILE).segments == ()


def test_a_ranking_is_told_which_titles_have_variants(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH)
    box.agent.recommend(profile=MAIN_PROFILE)
    assert [getattr(each, "own_segments_of", None) for each in box.scorer.requests] == [("film-1",)]
    publish(box, unaimed(box))
    box.agent.recommend(profile=MAIN_PROFILE)
    assert getattr(box.scorer.requests[-1], "own_segments_of", None) == ()


def unaimed(box: Box) -> Creative:
    return some_creative("plain", starts_at=box.clock.now(), suits=Suits())
