from __future__ import annotations

import pytest

from edgeagent.consent import Purpose
from edgeagent.errors import InputError, NoModel, StorageError, UnknownEntity
from edgeagent.messages import Picks
from edgeagent.services.household.title_marks import TitleMarks
from edgeagent.testing.agent_box import AgentBox
from tests.services.conftest import Box

PICKS = Picks(picks=(), segment_probabilities=(1.0,), score_spread=1.0)


def with_picks(box: Box) -> TitleMarks:
    """Main has watched two titles and was shown picks."""
    box.grant(Purpose.HISTORY, Purpose.PERSONALIZATION)
    box.watch("t:1")
    box.watch("t:1", ago=60)
    box.watch("t:2", ago=120)
    grant = box.agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
    box.agent._home.history.save_picks(PICKS, grant, made_at=box.clock.now())
    return box.agent.title_marks


def marks_of(box: Box, profile: str = "main") -> list[tuple[str, str]]:
    return [(m.entity_id, m.mark) for m in box.agent.title_marks.marked(profile=profile)]


def test_hiding_and_excluding_are_listed_and_taken_back(box: Box) -> None:
    marks = with_picks(box)
    marks.hide("t:1", profile="main")
    marks.exclude("t:2", profile="main")
    marks.hide("t:1", profile="main")  # once more changes nothing
    assert marks_of(box) == [("t:1", "hidden"), ("t:2", "not_reason")]
    box.reopen()
    marks = box.agent.title_marks
    assert marks_of(box) == [("t:1", "hidden"), ("t:2", "not_reason")]
    assert marks.unhide("t:1", profile="main")
    assert marks.include("t:2", profile="main")
    assert not marks.unhide("t:1", profile="main")
    assert not marks.include("t:2", profile="main")
    assert marks_of(box) == []
    assert box.agent._home.history.count("main") == 3


@pytest.mark.parametrize("do", ["hide", "exclude", "forget"])
def test_picks_that_may_cite_the_title_are_dropped(box: Box, do: str) -> None:
    marks = with_picks(box)
    getattr(marks, do)("t:1", profile="main")
    assert box.agent._home.history.last_picks("main") is None


def test_forgetting_deletes_every_viewing_of_a_title(box: Box) -> None:
    marks = with_picks(box)
    assert marks.forget("t:1", profile="main") == 2
    assert [v.entity_id for v in box.agent._home.history.window("main")] == ["t:2"]


def test_marks_of_one_profile_are_not_those_of_another(box: Box) -> None:
    box.agent.household.create("anna", kind="adult")
    box.agent.title_marks.hide("t:1", profile="anna")
    assert marks_of(box) == []
    assert marks_of(box, "anna") == [("t:1", "hidden")]


@pytest.mark.parametrize("do", ["hide", "unhide", "exclude", "include", "forget"])
def test_nobody_marks_nothing(box: Box, do: str) -> None:
    with pytest.raises(InputError, match="no profile 'nobody'"):
        getattr(box.agent.title_marks, do)("t:1", profile="nobody")
    with pytest.raises(InputError, match="no profile 'nobody'"):
        box.agent.title_marks.marked(profile="nobody")


def test_a_title_that_the_catalogue_does_not_hold_is_refused(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        with pytest.raises(NoModel):
            agent.titles.find("nothing")
        agent_box.update(agent)
        with pytest.raises(UnknownEntity, match="no such title"):
            agent.title_marks.hide("no such title", profile="main")
        with pytest.raises(UnknownEntity, match="no such title"):
            agent.title_marks.exclude("no such title", profile="main")


class CutError(Exception):
    """The power goes."""


def cut(step: str) -> None:
    raise CutError(step)


def test_a_forgetting_that_was_cut_off_is_carried_out_at_the_next_start(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.watch("t:1", ago=60)
    box.watch("t:2", ago=120)
    with pytest.raises(CutError):
        box.agent.title_marks.forget("t:1", profile="main", step=cut)
    box.watch("t:1")  # by a process that goes on: newer
    newer = box.clock.now()
    box.agent.household.create("bea", kind="adult")
    with pytest.raises(StorageError, match="profiles cannot be renamed"):
        box.agent.household.rename("bea", "ada")
    box.reopen()
    left = {(one.entity_id, one.watched_on) for one in box.agent._home.history.window("main")}
    assert left == {("t:1", newer), ("t:2", newer - 120)}
    assert box.agent._home.ledger.deletions.forgettings() == ()
