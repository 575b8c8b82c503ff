from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from edgeagent.config import Config
from edgeagent.consent import CONSENT_LIFETIME_SECONDS, Purpose
from edgeagent.errors import ConsentRequired, InputError, MalformedMessage
from edgeagent.messages import Picks, WatchEvent
from edgeagent.messages.fields import MAIN_PROFILE
from edgeagent.services.household.privacy_flags import AD_FLAGS, PrivacyFlags
from edgeagent.services.household.profiles import HouseholdStateStore
from edgeagent.testing.agent_box import AgentBox
from tests.services.conftest import Box


class PowerLostError(BaseException):
    """Nothing catches it, as nothing catches a power cut."""


def names(box: Box) -> list[str]:
    return [profile.name for profile in box.agent.household.profiles()]


def test_a_new_box_has_one_profile_which_is_active(box: Box) -> None:
    assert names(box) == [MAIN_PROFILE]
    assert box.agent.household.active == MAIN_PROFILE


def test_profiles_have_histories_of_their_own(box: Box) -> None:
    box.agent.household.create("anna", kind="adult")
    box.grant(Purpose.HISTORY)
    box.grant(Purpose.HISTORY, profile="anna")
    box.watch("t:1")
    box.watch("t:2", profile="anna")
    history = box.agent._home.history
    assert [viewing.entity_id for viewing in history.window("anna")] == ["t:2"]
    assert [viewing.entity_id for viewing in history.window("main")] == ["t:1"]


@pytest.mark.parametrize(
    "name",
    ["", "x" * 65, "new\nline", "bell\x07", "  ", "\u200b", "\u00a0\u2003", "a\u202eb", "\u2066a"],
)
def test_what_is_no_name_is_refused(box: Box, name: str) -> None:
    with pytest.raises(MalformedMessage, match="is not a valid name of a profile"):
        box.agent.household.create(name, kind="adult")
    box.agent.household.create("anna", kind="adult")
    with pytest.raises(MalformedMessage, match="is not a valid name of a profile"):
        box.agent.household.rename("anna", name)
    assert names(box) == ["main", "anna"]


@pytest.mark.parametrize(
    "name", ["\u0645\u062d\u0645\u062f", "\u06cc\u200c\u062e", "👨\u200d👩", " a"]
)
def test_names_of_any_script_are_names(box: Box, name: str) -> None:
    box.agent.household.create(name, kind="adult")
    assert names(box) == ["main", name]


def test_switching_lasts_and_ends_a_private_session(box: Box) -> None:
    box.agent.household.create("anna", kind="adult")
    box.agent.private.start(60)
    box.agent.household.switch("anna")
    assert box.agent.private.ends_at() is None
    box.reopen()
    assert box.agent.household.active == "anna"
    with pytest.raises(InputError, match="no profile 'bea'"):
        box.agent.household.switch("bea")
    assert box.agent.household.active == "anna"


@pytest.mark.parametrize("kind", ["kid", "teen"])
def test_nothing_can_be_granted_for_children(box: Box, kind: str) -> None:
    box.agent.household.create("kim", kind=kind)  # type: ignore[arg-type]
    for purpose in Purpose:
        with pytest.raises(ConsentRequired, match=f"is a {kind}'s"):
            box.grant(purpose, profile="kim")
    event = WatchEvent(entity_id="t:1", watched_on=box.clock.now(), profile="kim")
    assert box.agent.record_watch(event).ignored_child == 1
    with pytest.raises(ConsentRequired):
        box.agent.recommend(profile="kim")
    assert box.agent._home.history.count("kim") == 0


def test_a_kids_viewings_are_not_stored_whatever_the_consent(box: Box) -> None:
    box.agent.household.create("kim", kind="kid")
    box.agent.gate.decide(Purpose.HISTORY, profile="kim", given=True)  # past the refusal
    event = WatchEvent(entity_id="t:1", watched_on=box.clock.now(), profile="kim")
    assert box.agent.record_watch(event).stored == 0
    assert box.agent._home.history.count("kim") == 0


def test_teens_count_as_adults_where_the_operator_says_so(agent_box: AgentBox) -> None:
    agent_box.config = Config(teens_count_as_adults=True)
    with agent_box.open() as agent:
        agent.household.create("kim", kind="teen")
        agent.grant(Purpose.HISTORY, profile="kim")
        now = agent_box.clock.now()
        agent.record_watch(WatchEvent(entity_id="t:1", watched_on=now, profile="kim"))
        assert agent._home.history.count("kim") == 1


def test_nothing_can_be_granted_for_nobody(box: Box) -> None:
    with pytest.raises(InputError, match="no profile 'nobody'"):
        box.grant(Purpose.HISTORY, profile="nobody")
    assert box.agent._home.ledger.consents() == ()


def filled(box: Box) -> None:
    """Anna has a history, marks, picks, and consents given twice."""
    agent = box.agent
    agent.household.create("anna", kind="adult")
    for _ in range(2):
        box.grant(Purpose.HISTORY, Purpose.REPORTING, profile="anna")
        box.clock.advance(1000)
    box.grant(Purpose.PERSONALIZATION, profile="anna")
    agent.withdraw(Purpose.PERSONALIZATION, profile="anna")
    box.watch("t:1", profile="anna")
    agent.title_marks.hide("t:9", profile="anna")
    agent.household.switch("anna")
    box.grant(Purpose.PERSONALIZATION, profile="anna")
    picks = Picks(picks=(), segment_probabilities=(1.0,), score_spread=1.0)
    agent._home.history.save_picks(
        picks, agent.gate.grant(Purpose.PERSONALIZATION, profile="anna"), made_at=1
    )


def expect_renamed(box: Box) -> None:
    agent = box.agent
    assert names(box) == ["main", "bea"]
    assert agent.household.active == "bea"
    assert agent._home.history.count("bea") == 1
    assert agent._home.history.marks("bea").hidden == ("t:9",)
    assert agent._home.history.last_picks("bea") is not None
    # Without a break, since the first time.
    given = [r for r in agent._home.ledger.consents("bea") if r.purpose is Purpose.HISTORY]
    assert len(given) == 2
    assert agent.gate.state(Purpose.HISTORY, profile="bea").since == given[0].at
    assert agent.gate.holds(Purpose.PERSONALIZATION, profile="bea")
    # A profile that takes the old name later has granted nothing.
    assert not any(agent.gate.holds(purpose, profile="anna") for purpose in Purpose)
    assert agent._home.ledger.consents("anna") == ()
    assert HouseholdStateStore(agent._home.ledger).load().renaming is None


def test_renaming_takes_everything_along(box: Box) -> None:
    filled(box)
    box.agent.household.rename("anna", "bea")
    expect_renamed(box)
    box.reopen()
    expect_renamed(box)


def test_a_rename_neither_drops_a_report_nor_interrupts_the_weeks(box: Box) -> None:
    box.install()
    box.agent.household.create("anna", kind="adult")
    box.grant(Purpose.HISTORY, Purpose.REPORTING, profile="anna")
    box.go_to_end_of_reporting_week()
    box.agent.close_week()
    assert len(box.agent._home.ledger.outbox()) == 1
    end = box.clock.now()
    held = partial(box.agent.gate.held_throughout, Purpose.REPORTING, start=end - 100, end=end)
    assert held(profile="anna")
    box.agent.household.rename("anna", "bea")
    assert held(profile="bea")
    assert not held(profile="anna")
    box.reopen()
    assert len(box.agent._home.ledger.outbox()) == 1


def test_a_consent_given_under_a_wrong_clock_is_neither_lost_nor_longer(box: Box) -> None:
    box.install()
    box.agent.household.create("anna", kind="adult")
    right = box.clock.now()
    box.clock.set(0)
    box.grant(Purpose.HISTORY, profile="anna")
    box.clock.set(right + 100)
    box.agent._home.ledger.note_known_time(box.clock.now())
    before = box.agent.gate.state(Purpose.HISTORY, profile="anna")
    assert before.expires_at == right + 100 + CONSENT_LIFETIME_SECONDS
    box.clock.advance(5000)
    box.agent.household.rename("anna", "bea")
    box.agent._home.ledger.note_known_time(box.clock.now())
    after = box.agent.gate.state(Purpose.HISTORY, profile="bea")
    assert after == replace(before, profile="bea")


def test_flags_go_with_the_name_and_nobody_inherits_them(box: Box) -> None:
    household = box.agent.household
    flags = PrivacyFlags(box.agent._home.ledger, gate=box.agent.gate)
    household.create("anna", kind="adult")
    for flag in AD_FLAGS[:2]:
        flags.widen(flag, "anna", grant=_refuse)
    household.rename("anna", "bea")
    assert [flag for flag, on in flags.all("bea").items() if on] == sorted(AD_FLAGS[:2])
    household.create("anna", kind="adult")
    assert not any(flags.all("anna").values())
    box.agent.erasure.erase_profile("bea")
    household.create("bea", kind="adult")
    assert not any(flags.all("bea").values())


def _refuse(purpose: Purpose, profile: str) -> None:
    raise AssertionError((purpose, profile))


@pytest.mark.parametrize("how", ["create", "rename"])
def test_nobody_inherits_from_a_profile_whose_history_was_lost(box: Box, how: str) -> None:
    household = box.agent.household
    household.create("anna", kind="adult")
    box.grant(Purpose.HISTORY, profile="anna")
    box.agent._home.history.remove_profile("anna")
    if how == "create":
        household.create("anna", kind="adult")
    else:
        household.create("bea", kind="adult")
        household.rename("bea", "anna")
    assert not box.agent.gate.holds(Purpose.HISTORY, profile="anna")
    assert [r.event for r in box.agent._home.ledger.consents("anna")] == ["given", "withdrawn"]


def test_a_taken_name_is_refused_before_its_consents_are_touched(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    with pytest.raises(InputError, match="there is a profile 'main'"):
        box.agent.household.create("main", kind="adult")
    assert box.agent.gate.holds(Purpose.HISTORY, profile="main")


@pytest.mark.parametrize("cut", ["rename in the history", "move the consents", "forget the intent"])
def test_renaming_is_finished_at_the_next_start(box: Box, cut: str) -> None:
    filled(box)

    def step(name: str) -> None:
        if name == cut:
            raise PowerLostError

    with pytest.raises(PowerLostError):
        box.agent.household.rename("anna", "bea", step=step)
    box.reopen()
    expect_renamed(box)


def test_a_rename_cut_before_it_began_never_was(box: Box) -> None:
    filled(box)

    def step(name: str) -> None:
        raise PowerLostError(name)

    with pytest.raises(PowerLostError, match="note the intent"):
        box.agent.household.rename("anna", "bea", step=step)
    box.reopen()
    assert names(box) == ["main", "anna"]
    assert box.agent._home.history.count("anna") == 1


@pytest.mark.parametrize(("old", "new"), [("main", "x"), ("nobody", "x"), ("anna", "main")])
def test_what_cannot_be_renamed_stays(box: Box, old: str, new: str) -> None:
    box.agent.household.create("anna", kind="adult")
    with pytest.raises(InputError) as caught:
        box.agent.household.rename(old, new)
    assert caught.value.hint
    assert names(box) == ["main", "anna"]
