"""What is chosen, and from what: consent decides, caps hold, and apps learn nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import InputError, MalformedMessage, UnknownEntity
from edgeagent.messages.creatives import CapRule, Creative, FrequencyCaps, Suits
from edgeagent.messages.fields import MAIN_PROFILE, UNKNOWN_AGE
from edgeagent.testing.creatives import some_creative
from tests.services.conftest import Box
from tests.services.promotions.furnished import (
    BOTH,
    LIKED,
    OTHER,
    chosen,
    daily,
    over_time,
    publish,
    see_taste,
    some_creatives,
)

Make = Callable[..., Box]


def furnished(make_box: Make, name: str, *grants: Purpose, taste: tuple[int, ...]) -> Box:
    """Return a box of this taste; boxes of different names differ in nothing else."""
    box = make_box(name)
    box.install()
    box.grant(Purpose.HISTORY, Purpose.PERSONALIZATION, *grants)
    publish(box, *some_creatives(box))
    box.watch(f"t:{taste[0]}")
    see_taste(box, *taste)
    return box


def test_without_consent_a_choice_is_a_function_of_the_context_alone(make_box: Make) -> None:
    one = furnished(make_box, "one", taste=LIKED)
    other = furnished(make_box, "other", taste=OTHER)
    empty = make_box("empty")
    empty.install()
    publish(empty, *some_creatives(empty))
    answers = over_time(one)
    assert answers == over_time(other) == over_time(empty)
    assert len(set(answers)) > 5


def test_with_consent_what_suits_comes_more_often_and_never_always(make_box: Make) -> None:
    one = furnished(make_box, "one", Purpose.PROMOTION, taste=LIKED)
    other = furnished(make_box, "other", Purpose.PROMOTION, taste=OTHER)
    liked = Counter(answer[0] for answer in over_time(one, 119))
    disliked = Counter(answer[0] for answer in over_time(other, 119))
    # Expected are 119 · (½ · ¼ + ½ · 4/9) = 41 against 119 · (½ · ¼ + ½ · 1/9) = 21.
    assert liked["liked"] > 1.4 * disliked["liked"] > 0
    assert disliked["other"] > 1.4 * liked["other"] > 0


@pytest.mark.parametrize("left_out", BOTH)
def test_taste_needs_both_consents(make_box: Make, left_out: Purpose) -> None:
    box = furnished(make_box, "one", Purpose.PROMOTION, taste=LIKED)
    assert box.agent.promotions.why("liked", profile=MAIN_PROFILE).factor == 2
    box.agent.withdraw(left_out)
    reason = box.agent.promotions.why("liked", profile=MAIN_PROFILE)
    assert (reason.factor, reason.segments, reason.titles) == (1, (), ())


def test_an_app_cannot_read_a_taste_from_what_it_is_answered(make_box: Make) -> None:
    one = furnished(make_box, "one", Purpose.PROMOTION, taste=LIKED)
    other = furnished(make_box, "other", Purpose.PROMOTION, taste=OTHER)
    none = furnished(make_box, "none", taste=LIKED)
    for box, crid in ((one, "liked"), (other, "other")):
        for _ in range(20):  # the household is shown what suits it, up to every cap there is
            box.agent.promotions.shown(crid, profile=MAIN_PROFILE)
    other.agent.private.start(600)
    answers = over_time(one, app="7")
    assert answers == over_time(other, app="7") == over_time(none, app="7")


def test_an_apps_own_showings_count_for_itself_and_for_nobody_else(box: Box) -> None:
    publish(box, some_creative("only", starts_at=box.clock.now(), caps=daily(1)))
    box.grant(Purpose.PROMOTION)
    box.agent.promotions.shown("only", profile=MAIN_PROFILE, app="7")
    assert chosen(box, app="7") == ()
    assert chosen(box, app="8") == chosen(box) == ("only",)
    assert box.agent.promotions.log(profile=MAIN_PROFILE) == ()


def test_the_same_question_has_the_same_answer_for_a_period(make_box: Make) -> None:
    box = furnished(make_box, "one", Purpose.PROMOTION, taste=LIKED)
    [first] = box.agent.promotions.choose("home", profile=MAIN_PROFILE)
    assert first.until == box.clock.now() + 6 * HOUR_SECONDS
    box.clock.set(first.until - 1)
    assert chosen(box) == (first.creative.crid,)
    assert first.file.read_bytes()[:3] == b"\xff\xd8\xff"
    box.reopen()
    assert chosen(box) == (first.creative.crid,)


@pytest.mark.parametrize("granted", [True, False])
def test_caps_hold_with_a_log_and_with_a_memory(box: Box, *, granted: bool) -> None:
    if granted:
        box.grant(*BOTH)
    publish(box, some_creative("only", starts_at=box.clock.now(), caps=daily(2)))
    for _ in range(2):
        assert chosen(box) == ("only",)
        box.agent.promotions.shown("only", profile=MAIN_PROFILE)
    assert chosen(box) == ()
    [listed] = box.agent.promotions.listed(profile=MAIN_PROFILE)
    assert (listed.why_not, listed.shown, listed.last_shown_at) == ("cap", 2, box.clock.now())
    box.clock.advance(DAY_SECONDS)
    assert chosen(box) == ("only",)


def always(box: Box) -> Creative:
    start = box.clock.now() - 45 * DAY_SECONDS
    return some_creative("only", starts_at=start, ends_at=start + 90 * DAY_SECONDS, caps=daily(1))


@pytest.mark.parametrize("jump", [-30 * DAY_SECONDS, -3600, 30 * DAY_SECONDS])
def test_caps_hold_whatever_anybody_sets_the_clock_to(box: Box, jump: int) -> None:
    box.install()
    box.grant(*BOTH)
    publish(box, always(box))
    box.agent.promotions.shown("only", profile=MAIN_PROFILE)
    box.clock.jump(box.clock.now() + jump)
    assert chosen(box) == ()
    box.clock.stand(DAY_SECONDS)
    assert chosen(box) == ("only",)


def test_after_a_reboot_only_a_time_that_is_known_ends_a_cap(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    publish(box, always(box))
    box.agent.promotions.shown("only", profile=MAIN_PROFILE)
    before = box.clock.now()
    box.clock.reboot(now=before - 40 * DAY_SECONDS)  # certainly wrong
    box.reopen()
    box.clock.stand(5 * DAY_SECONDS)
    assert not box.agent.clock.is_known()
    assert chosen(box) == ()
    box.clock.jump(before + DAY_SECONDS - 1)
    assert box.agent.clock.is_known()
    assert chosen(box) == ()
    box.clock.jump(before + DAY_SECONDS)
    assert chosen(box) == ("only",)


def test_an_advertisers_cap_holds_within_one_answer(box: Box) -> None:
    start = box.clock.now()
    rule = CapRule(of="advertiser", name="acme", caps=FrequencyCaps(per_hour=1))
    publish(box, *(some_creative(f"c{n}", starts_at=start) for n in range(3)), cap_rules=(rule,))
    assert len(chosen(box, 3)) == 1


def test_a_kid_sees_the_houses_own_promos_and_nothing_is_kept(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH, taste=LIKED)
    box.agent.household.create("kid", kind="kid")
    assert chosen(box, 4, profile="kid") == ("house",)
    box.agent.promotions.shown("house", profile="kid")
    box.agent.store_showings()
    assert box.agent.promotions.log(profile="kid") == ()
    assert box.agent._home.history.showings.read("kid", since=0) == ()


def test_a_teen_sees_nothing_above_the_age_limit(box: Box) -> None:
    start = box.clock.now()
    publish(box, *(some_creative(f"for{age}", starts_at=start, age_rating=age) for age in (0, 21)))
    box.agent.household.create("teen", kind="teen")
    assert chosen(box, 4, profile="teen") == ("for0",)
    assert set(chosen(box, 4)) == {"for0", "for21"}
    box.agent.household.set_age_limit("main", UNKNOWN_AGE - 1)
    assert chosen(box, 4) == ("for0",)


def test_what_is_hidden_is_not_shown_for_all_callers(box: Box) -> None:
    publish(box, *some_creatives(box))
    promotions = box.agent.promotions
    promotions.hide("creative", "liked", profile=MAIN_PROFILE)
    promotions.hide("advertiser", "rival", profile=MAIN_PROFILE)
    promotions.hide("category", "cars", profile=MAIN_PROFILE)
    assert chosen(box, 4) == chosen(box, 4, app="7") == ("house",)
    assert [(m.kind, m.name) for m in promotions.hidden(profile=MAIN_PROFILE)] == [
        ("advertiser", "rival"),
        ("category", "cars"),
        ("creative", "liked"),
    ]
    states = {item.creative.crid: item.why_not for item in promotions.listed(profile=MAIN_PROFILE)}
    assert states == {"liked": "hidden", "other": "hidden", "plain": "hidden", "house": None}
    assert promotions.unhide("advertiser", "rival", profile=MAIN_PROFILE)
    assert not promotions.unhide("advertiser", "rival", profile=MAIN_PROFILE)
    assert set(chosen(box, 4)) == {"house", "other"}


def test_a_file_that_was_changed_or_is_missing_is_not_handed_out(box: Box) -> None:
    creatives = some_creatives(box)
    publish(box, *creatives)
    paths = [box.agent.promotions._library.path(creative) for creative in creatives]
    paths[0].unlink()
    paths[1].write_bytes(b"x" * creatives[1].asset.length_bytes)
    assert set(chosen(box, 4)) == {"plain", "house"}
    states = {i.creative.crid: i.why_not for i in box.agent.promotions.listed(profile="main")}
    assert (states["liked"], states["other"]) == ("no_file", "no_file")


def test_why_names_segments_titles_and_nothing_where_nothing_speaks_for_it(
    make_box: Make,
) -> None:
    box = furnished(make_box, "one", *BOTH, taste=LIKED)
    reason = box.agent.promotions.why("liked", profile=MAIN_PROFILE)
    assert [(each.label.name, each.probability) for each in reason.segments] == [
        ("segment 0", 0.5),
        ("segment 1", 0.5),
    ]
    assert reason.titles == ("Alien",)
    for crid, factor in (("other", 0.5), ("plain", 1)):
        reason = box.agent.promotions.why(crid, profile=MAIN_PROFILE)
        assert (reason.factor, reason.segments, reason.titles) == (factor, (), ())


def aimed(box: Box, suits: Suits) -> Creative:
    return some_creative("aimed", starts_at=box.clock.now(), suits=suits)


def test_numbers_of_another_model_and_narrow_targets_are_not_used(make_box: Make) -> None:
    box = furnished(make_box, "one", *BOTH, taste=LIKED)
    for suits, factor in (
        (Suits(segments=LIKED), 2),
        (Suits(segments=(0,)), 1),
        (Suits(genres=("Drama", "Horror", "Western")), 0.5 / (6 / 16)),
    ):
        publish(box, aimed(box, suits))
        assert box.agent.promotions.why("aimed", profile=MAIN_PROFILE).factor == factor
    installed = box.agent._installations.load().current
    assert installed is not None
    fields = {name: getattr(installed, name) for name in installed.__struct_fields__}
    other = type(installed)(**(fields | {"space_id": "1" * 16}))
    publish(box, aimed(box, Suits(segments=LIKED)))
    box.agent._installations.update(current=other)
    assert box.agent.promotions.why("aimed", profile=MAIN_PROFILE).factor == 1
    # Picks of a model with other segments are no taste.
    few = type(installed)(**(fields | {"segments": installed.segments[:8]}))
    box.agent._installations.update(current=few)
    assert box.agent.promotions.why("aimed", profile=MAIN_PROFILE).factor == 1


def test_bad_questions_are_refused_and_an_empty_box_has_no_answer(box: Box) -> None:
    promotions = box.agent.promotions
    assert chosen(box) == ()
    assert promotions.listed(profile=MAIN_PROFILE) == ()
    for number in (0, 5):
        with pytest.raises(InputError, match="at once"):
            promotions.choose("home", number=number, profile=MAIN_PROFILE)
    with pytest.raises(MalformedMessage, match="placement"):
        promotions.choose("No Such", profile=MAIN_PROFILE)
    with pytest.raises(InputError, match="no profile"):
        promotions.choose("home", profile="nobody")
    with pytest.raises(UnknownEntity, match="no creative 'x'"):
        promotions.shown("x", profile=MAIN_PROFILE)
    with pytest.raises(UnknownEntity, match="has no advertiser 'x'"):
        promotions.hide("advertiser", "x", profile=MAIN_PROFILE)


def test_a_catalogue_that_changed_on_disk_is_not_used(box: Box) -> None:
    publish(box, *some_creatives(box))
    [path] = (box.directory / "models" / "targets").glob("creatives*.json")
    whole = path.read_bytes()
    for damaged in (whole.replace(b"acme", b"evil"), b"", None):
        path.unlink(missing_ok=True)
        if damaged is not None:
            path.write_bytes(damaged)
        box.reopen()
        assert chosen(box) == ()
    path.write_bytes(whole)
    box.agent.promotions.rest()
    assert len(chosen(box)) == 1
