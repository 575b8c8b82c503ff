"""A deletion reaches what is older than itself and nothing newer, whenever it is carried out.

The clock stands still or goes back in all of these: seconds tell nothing.
"""

from __future__ import annotations

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import StorageError
from edgeagent.messages import Picks, WatchEvent
from edgeagent.messages.fields import ErasureReason
from edgeagent.store import Reach
from edgeagent.store.rekey import Step
from tests.services.conftest import Box

PICKS = Picks(picks=(), segment_probabilities=(1.0,), score_spread=1.0)


def refuse_at(step: str) -> Step:
    def refuse(name: str) -> None:
        if name == step:
            raise StorageError("the history is in use", hint="try again")

    return refuse


def titles(box: Box, profile: str = "main") -> list[str]:
    return [viewing.entity_id for viewing in box.agent._home.history.window(profile)]


def hidden(box: Box, profile: str = "main") -> tuple[str, ...]:
    return box.agent._home.history.marks(profile).hidden


def live(box: Box, title: str, *, profile: str = "main") -> None:
    """Grant everything, watch a title, hide it, be shown picks."""
    box.grant(Purpose.HISTORY, Purpose.PERSONALIZATION, profile=profile)
    box.watch(title, profile=profile)
    box.agent.title_marks.hide(title, profile=profile)
    grant = box.agent.gate.grant(Purpose.PERSONALIZATION, profile=profile)
    box.agent._home.history.save_picks(PICKS, grant, made_at=box.clock.now())


@pytest.mark.parametrize("reason", ["user_request", "loss_of_consent"])
@pytest.mark.parametrize("step", ["delete", "empty the log", "copy"])
def test_an_erasure_that_was_refused_leaves_what_came_after_it(
    box: Box, step: str, reason: ErasureReason
) -> None:
    live(box, "t:old")
    key = (box.directory / "history.key").read_bytes()
    with pytest.raises(StorageError, match="in use") as refused:
        box.agent.erasure.erase_history(reason=reason, step=refuse_at(step))
    nothing = step == "delete"
    assert ("nothing is deleted yet" in str(refused.value)) == nothing
    assert ("are deleted; the old data key" in str(refused.value)) != nothing
    assert "the next start of edgeagent completes it; whatever is stored" in str(refused.value)
    assert titles(box) == (["t:old"] if nothing else [])
    live(box, "t:new")
    box.reopen()
    assert (titles(box), hidden(box)) == (["t:new"], ("t:new",))
    assert box.agent._home.history.last_picks("main") is not None
    assert box.agent.gate.holds(Purpose.HISTORY, profile="main")
    assert (box.directory / "history.key").read_bytes() != key
    box.reopen()
    assert titles(box) == ["t:new"]


def test_an_erasure_in_the_way_of_another_process_says_so_and_goes_on_later(box: Box) -> None:
    live(box, "t:old")
    other = box.open()
    assert other._home.history.count("main") == 1
    with pytest.raises(StorageError, match=r"in use by another process: .* the old data key"):
        box.agent.erasure.erase_history()
    other.close()
    live(box, "t:new")
    box.reopen()
    assert titles(box) == ["t:new"]


def test_a_profile_made_later_under_the_same_name_is_another(box: Box) -> None:
    box.agent.household.create("bea", kind="adult")
    live(box, "t:old", profile="bea")
    with pytest.raises(StorageError):
        box.agent.erasure.erase_profile("bea", step=refuse_at("copy"))
    box.agent.household.create("bea", kind="adult")
    live(box, "t:new", profile="bea")
    box.agent.household.switch("bea")
    box.reopen()
    assert (titles(box, "bea"), hidden(box, "bea")) == (["t:new"], ("t:new",))
    assert box.agent.gate.holds(Purpose.HISTORY, profile="bea")
    assert box.agent.household.active == "bea"


def test_a_profile_that_was_used_on_stays_without_what_was_older(box: Box) -> None:
    box.agent.household.create("bea", kind="adult")
    live(box, "t:old", profile="bea")
    with pytest.raises(StorageError):
        box.agent.erasure.erase_profile("bea", step=refuse_at("delete"))
    assert not box.agent.gate.holds(Purpose.HISTORY, profile="bea")  # at once
    box.agent.title_marks.hide("t:new", profile="bea")
    box.reopen()
    assert (titles(box, "bea"), hidden(box, "bea")) == ([], ("t:new",))


def test_a_profile_is_not_renamed_away_from_an_erasure(box: Box) -> None:
    box.agent.household.create("bea", kind="adult")
    with pytest.raises(StorageError):
        box.agent.erasure.erase_profile("bea", step=refuse_at("delete"))
    with pytest.raises(StorageError, match="an erasure is unfinished"):
        box.agent.household.rename("bea", "ada")
    box.reopen()
    assert [profile.name for profile in box.agent.household.profiles()] == ["main"]


def test_the_next_erasure_finishes_the_one_before(box: Box) -> None:
    box.agent.household.create("bea", kind="adult")
    live(box, "t:main")
    live(box, "t:bea", profile="bea")
    with pytest.raises(StorageError):
        box.agent.erasure.erase_history(profile="main", step=refuse_at("delete"))
    box.agent.erasure.erase_history(profile="bea")
    assert (titles(box), titles(box, "bea")) == ([], [])


@pytest.mark.parametrize("step", ["delete", "copy"])
def test_every_erasure_that_was_refused_is_carried_out(box: Box, step: str) -> None:
    box.agent.household.create("kim", kind="adult")
    live(box, "t:one")
    live(box, "k:old", profile="kim")
    for _ in range(2):
        with pytest.raises(StorageError):
            box.agent.erasure.erase_history(profile="main", step=refuse_at(step))
        live(box, "t:two")
    with pytest.raises(StorageError) as refused:
        box.agent.erasure.erase_profile("kim", step=refuse_at(step))
    assert ("are deleted; the old" in str(refused.value)) == (titles(box, "kim") == [])
    assert not box.agent.gate.holds(Purpose.HISTORY, profile="kim")
    assert len(box.agent._home.ledger.deletions.intents()) == 3
    box.reopen()
    assert [profile.name for profile in box.agent.household.profiles()] == ["main"]
    assert titles(box, "kim") == []
    assert titles(box) == ["t:two"]
    assert box.agent._home.ledger.deletions.intents() == ()


def test_an_erasure_says_what_became_of_it_where_one_before_it_is_refused(box: Box) -> None:
    box.agent.household.create("kim", kind="adult")
    live(box, "k:old", profile="kim")
    with pytest.raises(StorageError):
        box.agent.erasure.erase_history(profile="main", step=refuse_at("delete"))
    with pytest.raises(StorageError, match="nothing is deleted yet"):
        box.agent.erasure.erase_profile("kim", step=refuse_at("empty the log"))
    assert titles(box, "kim") == ["k:old"]
    box.reopen()
    assert titles(box, "kim") == []


@pytest.mark.parametrize("ahead_seconds", [0, 400 * DAY_SECONDS])
def test_a_mark_made_after_a_withdrawal_stays_whatever_the_clock_said(
    box: Box, ahead_seconds: int
) -> None:
    live(box, "t:old")
    box.clock.advance(ahead_seconds)
    box.agent.withdraw(Purpose.HISTORY)
    box.clock.advance(-ahead_seconds)
    box.agent.title_marks.hide("t:new", profile="main")
    for _ in range(2):
        box.reopen()
        assert hidden(box) == ("t:new",)


def test_a_title_hidden_once_more_after_a_withdrawal_stays_hidden(box: Box) -> None:
    live(box, "t:1")
    history = box.agent._home.history
    box.agent.withdraw(Purpose.HISTORY)
    history.set_mark("main", "t:1", "hidden", at=box.clock.now())  # as one that was not purged
    box.agent.title_marks.hide("t:1", profile="main")
    box.reopen()
    assert hidden(box) == ("t:1",)


def interrupted_withdrawal(box: Box, purpose: Purpose, *, profile: str = "main") -> None:
    """The decision is on record when the power goes; nothing was deleted yet."""
    box.agent.gate.decide(purpose, profile=profile, given=False)


def test_a_withdrawal_is_carried_out_though_it_was_granted_again_since(box: Box) -> None:
    live(box, "t:old")
    interrupted_withdrawal(box, Purpose.HISTORY)
    live(box, "t:new")
    box.reopen()
    assert (titles(box), hidden(box)) == (["t:new"], ("t:new",))


def test_picks_made_after_a_withdrawal_stay(box: Box) -> None:
    live(box, "t:1")
    history = box.agent._home.history
    grant = box.agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
    history.save_picks(PICKS, grant, made_at=1)
    interrupted_withdrawal(box, Purpose.PERSONALIZATION)
    box.reopen()
    assert box.agent._home.history.last_picks("main") is None
    interrupted_withdrawal(box, Purpose.PERSONALIZATION)
    box.grant(Purpose.PERSONALIZATION)
    grant = box.agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
    box.agent._home.history.save_picks(PICKS, grant, made_at=2)
    box.reopen()
    assert box.agent._home.history.last_picks("main") is not None
    assert titles(box) == ["t:1"]


def test_what_was_stored_under_a_grant_from_before_a_withdrawal_is_older(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    grant = box.agent.gate.grant(Purpose.HISTORY, profile="main")
    box.agent.withdraw(Purpose.HISTORY)
    event = WatchEvent(entity_id="t:late", watched_on=box.clock.now())
    box.agent._home.history.add([event], grant)
    box.grant(Purpose.HISTORY)
    box.reopen()
    assert titles(box) == []


def without_places(box: Box) -> None:
    """Take the places away, as if a release from before them had written the rows."""
    with box.agent._home.history._database.transaction() as connection:
        for table in ("events", "title_marks", "last_picks", "profiles"):
            connection.execute(f"UPDATE {table} SET after_seq = NULL")  # noqa: S608


def test_rows_of_an_earlier_release_that_were_stored_under_a_new_consent_stay(box: Box) -> None:
    live(box, "t:old")
    box.agent.withdraw(Purpose.HISTORY)
    box.agent.withdraw(Purpose.PERSONALIZATION)
    live(box, "t:new")
    without_places(box)
    box.reopen()
    assert (titles(box), hidden(box)) == (["t:new"], ("t:new",))
    assert box.agent._home.history.last_picks("main") is not None


def test_rows_of_an_earlier_release_go_with_a_withdrawal_that_stands(box: Box) -> None:
    live(box, "t:old")
    without_places(box)
    interrupted_withdrawal(box, Purpose.HISTORY)
    box.clock.advance(1)
    box.agent._home.history.set_mark("main", "t:new", "hidden", at=box.clock.now())
    without_places(box)
    box.reopen()
    assert (titles(box), hidden(box)) == ([], ("t:new",))


def test_an_erasure_noted_by_an_earlier_release_is_carried_out(box: Box) -> None:
    box.agent.household.create("bea", kind="adult")
    live(box, "t:old", profile="bea")
    without_places(box)
    noted = b'{"at":1,"profile":"bea","reason":"profile_deletion","scope":"profile"}'
    box.agent._home.ledger.set_state("erasure", noted)
    box.reopen()
    assert [profile.name for profile in box.agent.household.profiles()] == ["main"]
    assert not box.agent.gate.holds(Purpose.HISTORY, profile="bea")


def test_a_rename_keeps_the_order(box: Box) -> None:
    box.agent.household.create("bea", kind="adult")
    live(box, "t:old", profile="bea")
    box.agent.household.rename("bea", "ada")
    history = box.agent._home.history
    assert history.purge("ada", reach=Reach(seq=0)) == 0
    box.agent.withdraw(Purpose.HISTORY, profile="ada")
    box.reopen()
    assert (titles(box, "ada"), hidden(box, "ada")) == ([], ())


def two_profiles_one_removed(box: Box) -> None:
    """Anna has a history or not, bert was removed after it."""
    for name in ("anna", "bert"):
        box.agent.household.create(name, kind="adult")
    live(box, "t:bert", profile="bert")
    box.agent.title_marks.hide("t:9", profile="anna")


def test_a_rename_onto_a_removed_name_keeps_everything(box: Box) -> None:
    two_profiles_one_removed(box)
    live(box, "t:anna", profile="anna")
    box.agent.erasure.erase_profile("bert")
    box.agent.household.rename("anna", "bert")
    for _ in range(2):
        box.reopen()
        assert (titles(box, "bert"), hidden(box, "bert")) == (["t:anna"], ("t:9", "t:anna"))
        assert box.agent._home.history.last_picks("bert") is not None
        assert box.agent.gate.holds(Purpose.HISTORY, profile="bert")
    # Its own withdrawal reaches it under any name.
    interrupted_withdrawal(box, Purpose.HISTORY, profile="bert")
    box.agent.household.rename("bert", "cleo")
    box.reopen()
    assert (titles(box, "cleo"), hidden(box, "cleo")) == ([], ())


def test_a_profile_that_decided_nothing_keeps_its_marks_under_a_removed_name(box: Box) -> None:
    two_profiles_one_removed(box)
    box.agent.erasure.erase_profile("bert")
    box.agent.household.rename("anna", "bert")
    box.reopen()
    assert hidden(box, "bert") == ("t:9",)
    state = box.agent.gate.state(Purpose.HISTORY, profile="bert")
    assert state.refusal == "never_asked"


def test_a_rename_away_and_back_keeps_everything(box: Box) -> None:
    two_profiles_one_removed(box)
    live(box, "t:anna", profile="anna")
    for name, new_name in (("anna", "eve"), ("eve", "anna"), ("anna", "eve")):
        box.agent.household.rename(name, new_name)
        box.agent.household.create(name, kind="adult")
        live(box, "t:2", profile=name)
        box.agent.erasure.erase_profile(name)
    box.reopen()
    assert (titles(box, "eve"), hidden(box, "eve")) == (["t:anna"], ("t:9", "t:anna"))
    assert box.agent.gate.holds(Purpose.HISTORY, profile="eve")


@pytest.mark.parametrize("cut", ["move the consents", "rename in the history"])
def test_nothing_is_deleted_while_a_rename_is_unfinished(box: Box, cut: str) -> None:
    two_profiles_one_removed(box)
    live(box, "t:anna", profile="anna")
    box.agent.erasure.erase_profile("bert")
    with pytest.raises(StorageError):
        box.agent.household.rename("anna", "bert", step=refuse_at(cut))
    box.agent.withdraw(Purpose.PROMOTION)
    box.agent.household.create("kim", kind="adult")  # goes on with the rename
    assert (titles(box, "bert"), hidden(box, "bert")) == (["t:anna"], ("t:9", "t:anna"))
    assert box.agent.gate.holds(Purpose.HISTORY, profile="bert")
