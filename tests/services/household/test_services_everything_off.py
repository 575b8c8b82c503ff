"""One act switches everything off: every profile, what has lapsed, and with a broken ledger."""

from __future__ import annotations

import pytest

from edgeagent.consent import CONSENT_LIFETIME_SECONDS, Purpose
from edgeagent.errors import LedgerBroken
from edgeagent.services.household.privacy_flags import AD_FLAGS
from tests.services.conftest import Box


@pytest.fixture
def lived(box: Box) -> Box:
    """Two profiles with a history each."""
    box.install()
    box.agent.household.create("bea", kind="adult")
    box.grant(*Purpose)
    box.grant(Purpose.HISTORY, profile="bea")
    box.watch("t:1")
    box.agent.household.switch("bea")
    box.watch("t:2")
    return box


def test_every_purpose_of_every_profile_is_off_and_what_was_kept_is_gone(lived: Box) -> None:
    records = lived.agent.household.switch_everything_off()
    assert len(records) == len(Purpose) + 1
    assert {(record.event, record.actor) for record in records} == {("withdrawn", "user")}
    for profile in ("main", "bea"):
        assert not any(state.granted for state in lived.agent.consent(profile))
        assert lived.agent._home.history.count(profile) == 0
    assert [profile.name for profile in lived.agent.household.profiles()] == ["main", "bea"]
    assert lived.agent.household.switch_everything_off() == ()


def test_the_flags_behind_which_no_purpose_stands_are_off_too(lived: Box) -> None:
    household = lived.agent.household
    household.widen_flag("allowACRCollection", "main")
    for flag in AD_FLAGS[:2]:  # a third would have granted the promos
        household.widen_flag(flag, "bea")
    household.switch_everything_off()
    assert not any(household.flags.all("main").values())
    assert not any(household.flags.all("bea").values())


def test_what_has_lapsed_is_withdrawn_too(lived: Box) -> None:
    lived.clock.advance(CONSENT_LIFETIME_SECONDS + 1)
    lived.agent.household.switch_everything_off()
    assert {state.refusal for state in lived.agent.consent("main")} == {"withdrawn"}


def test_a_power_cut_leaves_all_of_it_to_the_next_start(
    lived: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(lived.agent._home.history), "purge", cut)
        with pytest.raises(KeyboardInterrupt):
            lived.agent.household.switch_everything_off()
    lived.reopen()
    assert not any(state.granted for state in lived.agent.consent("bea"))
    assert lived.agent._home.history.count("bea") == 0


def test_a_broken_ledger_keeps_nothing_and_it_is_told_what_comes_back(lived: Box) -> None:
    (lived.directory / "ledger.anchor").write_bytes(b"{}")
    lived.reopen()
    with pytest.raises(LedgerBroken, match="no withdrawal is recorded") as refused:
        lived.agent.household.switch_everything_off()
    assert "switch everything off again" in refused.value.hint
    assert [lived.agent._home.history.count(profile) for profile in ("main", "bea")] == [0, 0]
