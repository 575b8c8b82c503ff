"""The list of the week: when it is made, how long it stays, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired
from edgeagent.messages import Pick, Picks, RankRequest, Reason, SegmentLabel, WatchEvent
from edgeagent.services.models.installation import Installation, InstallationStore
from edgeagent.services.upkeep.export_format import ExportedWeek
from edgeagent.services.week_lists import Week, WeekLists
from edgeagent.store import ViewingSpan
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.scorer import TableScorer

CRIME = SegmentLabel(name="Crime films", sensitive=False, iab=(), kind="films", genres=("Crime",))
YEAR_SECONDS = 365 * DAY_SECONDS


class CrimeScorer(TableScorer):
    """Ranks twenty crime films, each because of the title that was watched last."""

    def __init__(self) -> None:
        super().__init__()
        self.rankings = 0

    def rank(self, request: RankRequest) -> Picks:
        self.before()
        self.rankings += 1
        reasons = [
            Reason(
                kind="watched",
                entity_id=viewing.entity_id,
                title=viewing.entity_id,
                contribution=1.0,
                share_fraction=1.0,
            )
            for viewing in tuple(request.history)[-1:]
        ]
        first = self.rankings % 2  # another ranking has other titles
        return Picks(
            picks=tuple(self._pick(2 * n + first, reasons) for n in range(20)),
            segment_probabilities=(1 / 32,) * 32 if reasons else (),
            score_spread=1.0,
            max_age_rating=request.max_age_rating,
            entitlements=request.entitlements,
        )

    def _pick(self, number: int, reasons: list[Reason]) -> Pick:
        return Pick(
            entity_id=f"t:{number:02}",
            title=f"Title {number}",
            kind="film",
            year=None,
            genres=("Crime",),
            score=1.0,
            reasons=tuple(reasons),
        )


@pytest.fixture
def scorer() -> CrimeScorer:
    return CrimeScorer()


@pytest.fixture
def box(tmp_path: Path, scorer: CrimeScorer) -> AgentBox:
    return AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run", scorer=scorer)


@pytest.fixture
def agent(box: AgentBox) -> Iterator[Agent]:
    """A box that knows the time, with a model of crime films and one viewing."""
    with box.open() as agent:
        box.update(agent, vouched_until=box.clock.now() + YEAR_SECONDS)
        store = InstallationStore(agent._home.ledger, box.directory / "models")
        current = store.load().current
        assert current is not None
        store.update(current=msgspec.structs.replace(current, segments=(CRIME,) * 32))
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION):
            agent.grant(purpose)
        watch(agent, box, "t:30")
        yield agent


def watch(agent: Agent, box: AgentBox, entity_id: str, *, profile: str = "main") -> None:
    now = box.clock.now()
    agent.record_watch(
        WatchEvent(entity_id=entity_id, watched_on=now, completed=True, profile=profile)
    )


def made(agent: Agent) -> Week:
    week = agent.week_list()
    assert week is not None
    return week


def test_a_list_has_a_name_a_reason_and_seven_titles(agent: Agent, box: AgentBox) -> None:
    week = made(agent)
    assert week.name == "Your week: crime films"
    assert [reason.entity_id for reason in week.reasons] == ["t:30"]
    assert len(week.picks) == 7
    assert (week.made_at, week.ends_at) == (box.clock.now(), box.clock.now() + WEEK_SECONDS)


def test_it_is_the_same_for_seven_days_and_made_once(
    agent: Agent, box: AgentBox, scorer: CrimeScorer
) -> None:
    week = made(agent)
    for day in range(7):
        box.clock.set(week.made_at + day * DAY_SECONDS + 1)
        agent.recommend()  # the picks of the day change
        assert made(agent).picks == week.picks
    box.clock.set(week.ends_at - 1)
    before = scorer.rankings
    assert made(agent).made_at == week.made_at
    assert scorer.rankings == before
    box.clock.set(week.ends_at)
    assert made(agent).made_at == week.ends_at


def test_it_outlives_a_restart_and_says_what_was_watched(agent: Agent, box: AgentBox) -> None:
    week = made(agent)
    assert week.watched == ()
    box.clock.advance(60)
    watch(agent, box, week.picks[2].entity_id)
    agent.close()
    with box.open() as again:
        shown = made(again)
        assert shown.picks == week.picks
        assert shown.watched == (week.picks[2].entity_id,)


def test_hidden_titles_are_left_out_and_reasons_that_are_none_end_it(
    agent: Agent, box: AgentBox
) -> None:
    week = made(agent)
    first = week.picks[0].entity_id
    agent.title_marks.hide(first, profile="main")
    left = made(agent)
    assert (left.made_at, left.picks) == (week.made_at, week.picks[1:])
    box.clock.advance(60)
    watch(agent, box, "t:31")
    agent.title_marks.exclude("t:30", profile="main")
    assert made(agent).made_at == box.clock.now()


def rows(agent: Agent) -> int:
    found: int = agent._home.history._database.read("SELECT count(*) FROM week_lists")[0][0]
    return found


@pytest.mark.parametrize(
    "act",
    [
        lambda agent, _: agent.title_marks.forget("t:30", profile="main"),
        lambda agent, _: agent.title_marks.forget("t:09", profile="main"),  # never watched
        lambda agent, _: agent.withdraw(Purpose.PERSONALIZATION),
        lambda agent, _: agent.withdraw(Purpose.HISTORY),
        lambda agent, _: agent.erasure.erase_history(profile="main"),
        lambda agent, _: agent.erasure.erase_history(profile="Ada"),
        lambda agent, box: agent.history.forget(ViewingSpan(since=box.clock.now()), profile="main"),
    ],
)
def test_every_act_of_deletion_ends_it_and_leaves_no_row(
    agent: Agent,
    box: AgentBox,
    act: Callable[[Agent, AgentBox], object],
) -> None:
    agent.household.create("Ada", kind="adult")
    made(agent)
    assert rows(agent) == 1
    act(agent, box)
    assert rows(agent) == 0


def test_a_withdrawal_of_promotions_is_none(agent: Agent) -> None:
    agent.grant(Purpose.PROMOTION)
    made(agent)
    agent.withdraw(Purpose.PROMOTION)
    assert rows(agent) == 1


def test_a_deletion_that_another_release_carried_out_ends_it(agent: Agent, box: AgentBox) -> None:
    week = made(agent)
    agent._home.ledger.deletions.append("title", at=box.clock.now())
    box.clock.advance(60)
    assert made(agent).made_at != week.made_at
    agent._home.ledger.deletions.append("title", at=box.clock.now())
    agent.close()
    with box.open() as again:
        assert rows(again) == 0


def test_a_deletion_while_it_is_made_is_heard(
    agent: Agent, box: AgentBox, scorer: CrimeScorer
) -> None:
    watch(agent, box, "t:29")
    asked: list[bool] = []

    def forget() -> None:
        if not asked:
            asked.append(True)
            agent.title_marks.forget("t:30", profile="main")

    scorer.before = forget
    assert [reason.entity_id for reason in made(agent).reasons] == ["t:29"]


class Forgetful(InstallationStore):
    """A title is forgotten between the ranking and the list."""

    agent: Agent
    forgot: bool = False

    def load(self) -> Installation:
        if not self.forgot:
            self.forgot = True
            self.agent.title_marks.forget("t:30", profile="main")
        return super().load()


def test_a_deletion_after_the_ranking_is_heard(agent: Agent, box: AgentBox) -> None:
    watch(agent, box, "t:29")
    store = Forgetful(agent._home.ledger, box.directory / "models")
    store.agent = agent
    lists = WeekLists(agent._box, recommender=agent._recommender, installations=store)
    week = lists.list_for("main")
    assert week is not None
    assert [reason.entity_id for reason in week.reasons] == ["t:29"]


def test_a_reason_that_is_too_old_to_be_kept_ends_it(agent: Agent, box: AgentBox) -> None:
    agent.retention.choose(9)
    box.clock.advance(5 * DAY_SECONDS)
    week = made(agent)
    box.clock.advance(3 * DAY_SECONDS)
    watch(agent, box, "t:31")
    assert made(agent).made_at == week.made_at
    box.clock.advance(1 * DAY_SECONDS + 1)  # the viewing is nine days old, the list four
    assert [reason.entity_id for reason in made(agent).reasons] == ["t:31"]
    box.clock.advance(1)
    agent.housekeeping()
    assert rows(agent) == 1


def test_in_a_private_session_none_is_made_and_an_earlier_one_stays(
    agent: Agent, scorer: CrimeScorer
) -> None:
    agent.private.start(60)
    before = scorer.rankings
    assert agent.week_list() is None
    assert (rows(agent), scorer.rankings) == (0, before)
    agent.private.stop()
    week = made(agent)
    agent.private.start(60)
    assert made(agent).picks == week.picks


def test_children_and_those_who_consent_to_nothing_have_none(agent: Agent) -> None:
    agent.household.create("Tim", kind="kid")
    for name in ("Tim", "Ada"):
        if name == "Ada":
            agent.household.create(name, kind="adult")
        with pytest.raises(ConsentRequired):
            agent.week_list(profile=name)


def test_other_packages_end_it(agent: Agent, box: AgentBox) -> None:
    week = made(agent)
    agent.close()
    box.config = msgspec.structs.replace(box.config, entitlements=("gold",))
    box.clock.advance(60)
    with box.open() as again:
        assert made(again).made_at == week.made_at + 60


def test_clocks_that_jump_never_make_it_last_longer(agent: Agent, box: AgentBox) -> None:
    start = box.clock.now()
    week = made(agent)
    box.clock.jump(start + 3 * WEEK_SECONDS)
    ahead = made(agent)
    assert ahead.made_at == start + 3 * WEEK_SECONDS
    box.clock.jump(start + 60)  # back again: a list of the future is none
    again = made(agent)
    assert again.made_at == start + 60
    assert week.made_at != again.made_at


def test_a_box_that_boots_without_the_time_keeps_it_and_makes_none(
    agent: Agent, box: AgentBox
) -> None:
    week = made(agent)
    agent.close()
    right = box.clock.now() + 60
    box.clock.jump(0)
    with box.open() as again:
        assert made(again).picks == week.picks
        again._home.history.weeks.drop(before_seq=2**60)
        assert again.week_list() is None
        box.clock.jump(right)
        assert made(again).made_at == right


def test_nothing_watched_makes_no_list(box: AgentBox) -> None:
    with box.open() as agent:
        box.update(agent)
        agent.grant(Purpose.PERSONALIZATION)
        assert agent.week_list() is None


def test_it_moves_with_its_profile_and_is_exported(agent: Agent, box: AgentBox) -> None:
    agent.household.create("Ada", kind="adult")
    for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION):
        agent.grant(purpose, profile="Ada")
    watch(agent, box, "t:30", profile="Ada")
    week = agent.week_list(profile="Ada")
    assert week is not None
    agent.household.rename("Ada", "Grace")
    moved = agent._home.history.weeks.read("Grace")
    assert moved is not None
    assert moved.week.picks == week.picks
    (found,) = [one for one in agent.portability.export().profiles if one.name == "Grace"]
    assert found.week_list == ExportedWeek(made_at=week.made_at, week=moved.week)
