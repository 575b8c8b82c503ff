from __future__ import annotations

from functools import partial

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import CONSENT_LIFETIME_SECONDS, Purpose
from edgeagent.errors import ConsentRequired, InputError
from edgeagent.messages.fields import Refusal
from edgeagent.services.household.signals import Signal
from tests.services.conftest import MONDAY, Box


def test_everything_is_off_until_granted(box: Box) -> None:
    assert not any(state.granted for state in box.agent.consent())
    for purpose in Purpose:
        with pytest.raises(ConsentRequired, match="nobody has been asked") as refused:
            box.agent.gate.grant(purpose, profile="main")
        assert f"consent grant {purpose}" in refused.value.hint


def test_a_refusal_has_one_of_four_codes(box: Box) -> None:
    def refusal() -> Refusal | None:
        return box.agent.gate.state(Purpose.HISTORY, profile="main").refusal

    assert refusal() == "never_asked"
    record = box.agent.grant(Purpose.HISTORY)
    assert refusal() is None
    box.agent._home.ledger.append_consent(
        msgspec.structs.replace(record, notice_version="0", terms=msgspec.UNSET)
    )
    assert refusal() == "other_notice"
    box.agent.withdraw(Purpose.HISTORY)
    assert refusal() == "withdrawn"
    box.grant(Purpose.HISTORY)
    box.clock.advance(CONSENT_LIFETIME_SECONDS)
    assert refusal() == "lapsed"


def test_a_grant_is_for_one_purpose_and_one_profile(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    assert box.agent.gate.grant(Purpose.HISTORY, profile="main").since == MONDAY
    assert not box.agent.gate.holds(Purpose.REPORTING, profile="main")
    assert not box.agent.gate.holds(Purpose.HISTORY, profile="guest")


def test_a_withdrawal_is_effective_before_the_call_returns_and_after_a_restart(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.agent.withdraw(Purpose.HISTORY)
    assert not box.agent.gate.holds(Purpose.HISTORY, profile="main")
    box.reopen()
    assert not box.agent.gate.holds(Purpose.HISTORY, profile="main")


def test_consent_expires_after_730_days(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.clock.advance(CONSENT_LIFETIME_SECONDS - 1)
    assert box.agent.gate.holds(Purpose.HISTORY, profile="main")
    box.clock.advance(1)
    with pytest.raises(ConsentRequired, match="expired on"):
        box.agent.gate.grant(Purpose.HISTORY, profile="main")


def test_a_renewal_continues_the_run_and_a_withdrawal_ends_it(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.clock.advance(10 * DAY_SECONDS)
    box.grant(Purpose.HISTORY)
    assert box.agent.gate.grant(Purpose.HISTORY, profile="main").since == MONDAY
    box.agent.withdraw(Purpose.HISTORY)
    box.grant(Purpose.HISTORY)
    since = box.agent.gate.grant(Purpose.HISTORY, profile="main").since
    assert since == MONDAY + 10 * DAY_SECONDS


def test_a_lapse_ends_the_run(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.clock.advance(CONSENT_LIFETIME_SECONDS + DAY_SECONDS)
    box.grant(Purpose.HISTORY)
    since = box.agent.gate.grant(Purpose.HISTORY, profile="main").since
    assert since == box.clock.now()


def test_a_consent_under_a_clock_that_is_behind_is_dated_once_the_time_is_known(box: Box) -> None:
    box.clock.set(0)
    box.grant(Purpose.HISTORY)
    box.clock.set(MONDAY)
    assert box.agent.gate.state(Purpose.HISTORY, profile="main").expires_at is None
    box.agent._home.ledger.note_known_time(MONDAY)
    state = box.agent.gate.state(Purpose.HISTORY, profile="main")
    assert (state.since, state.expires_at) == (MONDAY, MONDAY + CONSENT_LIFETIME_SECONDS)


def test_a_renewal_under_a_clock_that_is_behind_hides_no_lapse(box: Box) -> None:
    box.install()
    box.grant(Purpose.HISTORY)
    lapsed = MONDAY + CONSENT_LIFETIME_SECONDS + DAY_SECONDS
    box.clock.set(0)
    box.grant(Purpose.HISTORY)  # on what looks like the first day
    held = partial(
        box.agent.gate.held_throughout, Purpose.HISTORY, profile="main", start=MONDAY + 1
    )
    assert not held(end=MONDAY + 1)  # nobody knows yet whether that was in time
    box.clock.set(lapsed)
    box.agent._home.ledger.note_known_time(lapsed)
    assert not held(end=lapsed)


def test_a_renewal_in_time_under_a_clock_that_is_behind_continues_the_run(box: Box) -> None:
    box.clock.set(0)
    box.grant(Purpose.HISTORY)
    box.grant(Purpose.HISTORY)
    box.clock.set(MONDAY)
    box.agent._home.ledger.note_known_time(MONDAY)
    box.clock.set(0)
    box.grant(Purpose.HISTORY)
    renewed = MONDAY + CONSENT_LIFETIME_SECONDS - DAY_SECONDS
    box.clock.set(renewed)
    box.agent._home.ledger.note_known_time(renewed)
    gate = box.agent.gate
    assert gate.held_throughout(Purpose.HISTORY, profile="main", start=MONDAY, end=renewed)


def test_a_signal_narrows_and_never_widens(box: Box) -> None:
    with pytest.raises(ConsentRequired, match="only narrow"):
        box.agent.gate.decide(Purpose.REPORTING, profile="main", given=True, by_signal=True)
    box.grant(Purpose.REPORTING)
    box.agent.withdraw(Purpose.REPORTING, by_signal=True)
    assert not box.agent.gate.holds(Purpose.REPORTING, profile="main")


def test_a_record_names_the_notice_that_was_shown(box: Box) -> None:
    record = box.agent.grant(Purpose.HISTORY)
    assert (record.notice_version, record.notice_language) == ("3", "en")
    assert record.expires_at - record.at == CONSENT_LIFETIME_SECONDS


def test_held_throughout_needs_the_whole_time_and_a_known_beginning(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    held = partial(
        box.agent.gate.held_throughout, Purpose.HISTORY, profile="main", start=MONDAY, end=MONDAY
    )
    assert not held()
    box.agent._home.ledger.note_known_time(MONDAY)
    assert held()
    box.clock.advance(DAY_SECONDS)
    gate = box.agent.gate
    end = box.clock.now()
    assert gate.held_throughout(Purpose.HISTORY, profile="main", start=MONDAY, end=end)
    assert not gate.held_throughout(Purpose.HISTORY, profile="main", start=MONDAY - 1, end=end)
    assert not gate.held_throughout(Purpose.HISTORY, profile="main", start=MONDAY, end=end + 1)
    assert not gate.held_throughout(Purpose.REPORTING, profile="main", start=MONDAY, end=end)


def test_a_new_notice_asks_again_and_deletes_nothing(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.watch()
    record = box.agent._home.ledger.consents("main")[-1]
    earlier = msgspec.structs.replace(record, notice_version="0", terms=msgspec.UNSET)
    box.agent._home.ledger.append_consent(earlier)
    with pytest.raises(ConsentRequired, match="given under notice 0, which is unknown"):
        box.agent.gate.grant(Purpose.HISTORY, profile="main")
    box.reopen()
    assert box.agent._home.history.count("main") == 1
    box.grant(Purpose.HISTORY)
    assert box.agent.gate.holds(Purpose.HISTORY, profile="main")


@pytest.mark.parametrize(
    ("signal", "left"),
    [
        (Signal.DO_NOT_SHARE, {Purpose.HISTORY, Purpose.PERSONALIZATION}),
        (Signal.GLOBAL_PRIVACY_CONTROL, {Purpose.HISTORY, Purpose.PERSONALIZATION}),
        (
            Signal.LIMIT_AD_TRACKING,
            {Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING},
        ),
    ],
)
def test_signals_withdraw_for_every_profile_and_never_grant(
    box: Box, signal: Signal, left: set[Purpose]
) -> None:
    assert box.agent.apply_signal(signal) == ()
    box.agent._home.history.create_profile("guest", kind="adult", at=MONDAY)
    for profile in ("main", "guest"):
        box.grant(*Purpose, profile=profile)
    records = box.agent.apply_signal(signal)
    assert {(record.event, record.actor) for record in records} == {("withdrawn", "signal")}
    for profile in ("main", "guest"):
        granted = {s.purpose for s in box.agent.consent(profile) if s.granted}
        assert granted == left
    assert box.agent.apply_signal(signal) == ()


def test_a_purpose_that_there_is_not_is_refused_by_name(box: Box) -> None:
    gate = box.agent.gate
    with pytest.raises(InputError, match="there is no purpose 'histroy'") as caught:
        gate.decide("histroy", profile="main", given=True)  # type: ignore[arg-type]  # the fault
    assert "history" in caught.value.hint
