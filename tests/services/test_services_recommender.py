"""Picks whatever the model does: fall-back, stored picks, who may see what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, InputError, ModelError, NoModel, UnknownEntity
from edgeagent.messages import Pick, Picks, RankRequest, WatchEvent
from edgeagent.messages.fields import UNKNOWN_AGE
from edgeagent.services.models.failover import MOST_FAILURES
from edgeagent.services.models.installation import Installation, InstallationStore
from edgeagent.services.recommender import FRESH_SECONDS
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.scorer import TableScorer
from tests.scoring.toy_model import toy_model
from tests.services.releases import Releases


class ListScorer(TableScorer):
    """Answers with twenty titles; some models and all of popularity can be broken."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()
        self.ends: dict[str, int] = {}
        self.titles = 20

    def rank(self, request: RankRequest) -> Picks:
        self.requests.append(request)
        model = "popular" if request.popular else request.files.model_sha256
        if model in self.broken:
            raise ModelError("this model is broken", hint="a test")
        return Picks(
            picks=tuple(self._pick(n) for n in range(min(request.limit, self.titles))),
            segment_probabilities=(),
            score_spread=1.0,
            ranked_by="popularity" if request.popular else "model",
            max_age_rating=request.max_age_rating,
            entitlements=request.entitlements,
        )

    def _pick(self, number: int) -> Pick:
        return Pick(
            entity_id=f"t:{number:02}",
            title=f"Title {number}",
            kind="film",
            year=None,
            genres=(),
            score=1.0,
            reasons=(),
            available_until=self.ends.get(f"t:{number:02}"),
        )


@pytest.fixture
def scorer() -> ListScorer:
    return ListScorer()


@pytest.fixture
def box(tmp_path: Path, scorer: ListScorer) -> AgentBox:
    return AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run", scorer=scorer)


@pytest.fixture
def agent(box: AgentBox, scorer: ListScorer) -> Iterator[Agent]:
    """A box with two models: 2.0 is active, 1.0 is behind it."""
    with box.open() as agent:
        for purpose in (Purpose.PERSONALIZATION, Purpose.HISTORY):
            agent.grant(purpose)
        releases = Releases(directory=box.directory / "models")
        releases.publish(version="1.0")
        releases.update(agent, scorer)
        releases.publish(toy_model(factor=2.0), version="2.0")
        releases.update(agent, scorer)
        yield agent


def _installation(agent: Agent) -> Installation:
    return agent.installation()


def _break(scorer: ListScorer, installation: Installation, *slots: str) -> None:
    for slot in slots:
        manifest = getattr(installation, slot)
        scorer.broken.add(manifest.model.sha256)


def _last_request(scorer: ListScorer) -> RankRequest:
    request = scorer.requests[-1]
    assert isinstance(request, RankRequest)
    return request


def test_what_was_watched_before_the_last_500_viewings_is_not_new(
    agent: Agent, box: AgentBox, scorer: ListScorer
) -> None:
    now = box.clock.now()
    agent._home.history.add(
        [WatchEvent(entity_id=f"t:{n}", watched_on=now - n) for n in range(700)],
        agent.gate.grant(Purpose.HISTORY, profile="main"),
    )
    agent.recommend()
    assert len(_last_request(scorer).history) == 700


def test_a_model_that_fails_is_stood_in_for_by_the_one_before_it(
    agent: Agent, scorer: ListScorer
) -> None:
    _break(scorer, _installation(agent), "current")
    assert agent.recommend().ranked_by == "model"
    assert _installation(agent).failures == 1
    scorer.broken.clear()
    agent.recommend()
    assert (_installation(agent).failures, _installation(agent).last_failure) == (0, None)


def test_after_three_failures_in_a_row_the_slots_are_swapped_even_over_restarts(
    box: AgentBox, agent: Agent, scorer: ListScorer
) -> None:
    before = _installation(agent)
    _break(scorer, before, "current")
    for _ in range(MOST_FAILURES - 1):
        agent.recommend()
    assert _installation(agent).current == before.current
    agent.close()
    with box.open() as again:
        again.recommend()
        after = _installation(again)
        assert (after.current, after.previous) == (before.previous, before.current)
        assert after.failures == 0
        assert after.refused is not None
        assert after.refused.model_version == "2.0"
        assert "3 times in a row: this model is broken" in after.refused.reason
        asked = len(scorer.requests)
        again.recommend()
        assert len(scorer.requests) == asked + 1


def test_a_model_that_was_given_up_comes_back_with_no_update_but_another_with_one(
    box: AgentBox, agent: Agent, scorer: ListScorer
) -> None:
    _break(scorer, _installation(agent), "current")
    for _ in range(MOST_FAILURES):
        agent.recommend()
    releases = Releases(directory=box.directory / "models")
    releases.publish(toy_model(factor=2.0), version="2.0")
    update = releases.update(agent, scorer)
    assert update.model_version == "1.0"
    assert "3 times in a row" in str(update.refused)
    releases.publish(toy_model(factor=3.0), version="3.0")
    assert releases.update(agent, scorer).model_version == "3.0"


def test_where_no_model_works_titles_are_ranked_by_popularity(
    agent: Agent, scorer: ListScorer
) -> None:
    _break(scorer, _installation(agent), "current", "previous")
    assert agent.recommend().ranked_by == "popularity"
    assert agent.explain("t:01").entity_id == "t:00"


def test_a_lone_model_that_failed_three_times_is_left_alone_until_an_update_has_checked_it(
    box: AgentBox, scorer: ListScorer
) -> None:
    with box.open() as agent:
        agent.grant(Purpose.PERSONALIZATION)
        releases = Releases(directory=box.directory / "models")
        releases.publish(version="1.0")
        releases.update(agent, scorer)
        _break(scorer, _installation(agent), "current")
        for _ in range(MOST_FAILURES + 2):
            assert agent.recommend().ranked_by == "popularity"
        assert _installation(agent).failures == MOST_FAILURES
        assert _last_request(scorer).popular
        scorer.broken.clear()
        scorer.verified.clear()
        releases.update(agent, scorer)
        assert len(scorer.verified) == 1
        assert agent.recommend().ranked_by == "model"


def test_without_any_catalogue_there_is_a_clear_error(box: AgentBox) -> None:
    with box.open() as agent:
        agent.grant(Purpose.PERSONALIZATION)
        with pytest.raises(NoModel, match="no model has been downloaded") as refused:
            agent.recommend()
        assert "model update" in refused.value.hint


def test_where_nothing_can_be_ranked_the_last_picks_are_served(
    box: AgentBox, agent: Agent, scorer: ListScorer
) -> None:
    stored = agent.recommend()
    _break(scorer, _installation(agent), "current", "previous")
    scorer.broken.add("popular")
    box.clock.advance(30 * DAY_SECONDS)
    assert agent.recommend() == msgspec.structs.replace(stored, cached=True)
    agent._home.history.drop_picks("main")
    with pytest.raises(ModelError, match="this model is broken"):
        agent.recommend()


def test_a_private_session_counts_no_failure(agent: Agent, scorer: ListScorer) -> None:
    before = _installation(agent)
    _break(scorer, before, "current")
    agent.private.start(60)
    for _ in range(MOST_FAILURES + 1):
        assert agent.recommend().picks
        assert _installation(agent) == before
    assert agent._home.history.last_picks("main") is None


def test_stored_picks_are_served_at_once_for_a_day(
    box: AgentBox, agent: Agent, scorer: ListScorer
) -> None:
    stored = agent.recommend()
    asked = len(scorer.requests)
    box.clock.advance(FRESH_SECONDS)
    assert agent.recommend(cached=True) == msgspec.structs.replace(stored, cached=True)
    assert len(scorer.requests) == asked
    box.clock.advance(1)
    agent.recommend(cached=True)
    assert len(scorer.requests) == asked + 1


def test_picks_from_after_now_are_not_served(
    box: AgentBox, agent: Agent, scorer: ListScorer
) -> None:
    agent.recommend()
    saved = agent._home.history.last_picks("main")
    assert saved is not None
    grant = agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
    agent._home.history.save_picks(saved.picks, grant, made_at=box.clock.now() + 5)
    asked = len(scorer.requests)
    agent.recommend(cached=True)
    assert len(scorer.requests) == asked + 1


def test_what_was_watched_or_has_ended_since_is_not_served_again(
    box: AgentBox, agent: Agent, scorer: ListScorer
) -> None:
    scorer.ends["t:01"] = box.clock.now() + 50
    agent.recommend()
    box.clock.advance(50)
    agent.record_watch(WatchEvent(entity_id="t:a", watched_on=box.clock.now(), completed=True))
    agent._home.history.add(
        [WatchEvent(entity_id="t:00", watched_on=box.clock.now(), completed=True)],
        agent.gate.grant(Purpose.HISTORY, profile="main"),
    )
    served = [pick.entity_id for pick in agent.recommend(cached=True).picks]
    assert served == [f"t:{n:02}" for n in range(2, 10)]


def test_the_last_picks_can_be_had_without_ranking(
    box: AgentBox, agent: Agent, scorer: ListScorer
) -> None:
    assert agent.last_picks() is None
    made = agent.recommend()
    assert (made.profile, made.made_at, made.cached) == ("main", box.clock.now(), False)
    asked = len(scorer.requests)
    box.clock.advance(30 * DAY_SECONDS)
    last = agent.last_picks()
    assert last is not None
    assert last == msgspec.structs.replace(made, cached=True)
    assert len(agent.last_picks(limit=3).picks) == 3  # type: ignore[union-attr]  # just seen
    assert len(scorer.requests) == asked
    agent.withdraw(Purpose.PERSONALIZATION)
    with pytest.raises(ConsentRequired):
        agent.last_picks()


def test_a_list_of_which_less_than_half_is_left_is_made_anew(
    agent: Agent, scorer: ListScorer
) -> None:
    agent.recommend(limit=4)
    asked = len(scorer.requests)
    assert len(agent.recommend(limit=8, cached=True).picks) == 4
    assert len(agent.recommend(limit=2, cached=True).picks) == 2
    assert len(scorer.requests) == asked
    assert len(agent.recommend(limit=9, cached=True).picks) == 9


def test_picks_made_for_other_packages_are_not_served(
    box: AgentBox, agent: Agent, scorer: ListScorer
) -> None:
    agent.recommend()
    agent.close()
    box.config = msgspec.structs.replace(box.config, entitlements=("sport",))
    asked = len(scorer.requests)
    with box.open() as again:
        again.recommend(cached=True)
    assert len(scorer.requests) == asked + 1
    assert _last_request(scorer).entitlements == ("sport",)


@pytest.mark.parametrize(("set_to", "limit"), [(12, 12), (UNKNOWN_AGE, UNKNOWN_AGE - 1)])
def test_the_age_limit_is_the_profiles_and_keeps_what_is_of_unknown_age_from_teens(
    tmp_path: Path, scorer: ListScorer, set_to: int, limit: int
) -> None:
    box = AgentBox(
        directory=tmp_path / "teens",
        runtime_directory=tmp_path / "run",
        scorer=scorer,
        config=Config(teens_count_as_adults=True, teen_max_age_rating=set_to),
    )
    with box.open() as agent:
        agent.household.create("Kim", kind="teen")
        agent.household.create("Lee", kind="kid")
        releases = Releases(directory=box.directory / "models")
        releases.publish()
        releases.update(agent, scorer)
        for profile in ("main", "Kim"):
            agent.grant(Purpose.PERSONALIZATION, profile=profile)
        agent.recommend()
        assert _last_request(scorer).max_age_rating == 21
        agent.recommend(profile="Kim")
        assert _last_request(scorer).max_age_rating == limit
        with pytest.raises(ConsentRequired):
            agent.recommend(profile="Lee")
        agent.household.set_age_limit("main", 6)
        assert agent.last_picks() is None  # made before the limit
        agent.recommend(cached=True)
        assert _last_request(scorer).max_age_rating == 6


def test_the_drawn_pick_stays_the_same_all_day_and_differs_by_profile(
    box: AgentBox, agent: Agent, scorer: ListScorer
) -> None:
    def seed(profile: str = "main") -> int | None:
        agent.recommend(profile=profile)
        return _last_request(scorer).exploration_seed

    agent.household.create("Ada", kind="adult")
    agent.grant(Purpose.PERSONALIZATION, profile="Ada")
    box.clock.set(box.clock.now() // DAY_SECONDS * DAY_SECONDS)
    morning = seed()
    box.clock.advance(DAY_SECONDS - 1)
    assert seed() == morning
    assert seed("Ada") != morning
    box.clock.advance(1)
    assert seed() != morning


def test_a_title_that_is_not_for_this_profile_is_not_explained(
    agent: Agent, scorer: ListScorer
) -> None:
    scorer.titles = 0
    with pytest.raises(UnknownEntity, match="not for this profile") as refused:
        agent.explain("t:01")
    assert "other packages" in refused.value.hint


def test_slots_survive_what_an_older_version_wrote(agent: Agent, box: AgentBox) -> None:
    store = InstallationStore(agent._home.ledger, box.directory / "models")
    fields = msgspec.to_builtins(store.load())
    for name in ("failures", "last_failure", "refused"):
        del fields[name]
    assert msgspec.convert(fields, Installation) == store.load()


def test_a_kids_profile_is_not_sent_to_ask_for_what_it_cannot_be_granted(
    tmp_path: Path, scorer: ListScorer
) -> None:
    box = AgentBox(directory=tmp_path / "kids", runtime_directory=tmp_path / "run", scorer=scorer)
    with box.open() as agent:
        agent.household.create("Lee", kind="kid")
        for ask in (
            lambda: agent.recommend(profile="Lee"),
            lambda: agent.recommend(profile="Lee", why_segments=True),
            lambda: agent.last_picks(profile="Lee"),
            lambda: agent.explain("t:1", profile="Lee"),
        ):
            with pytest.raises(ConsentRequired, match="its viewings are never stored") as told:
                ask()
            assert "consent grant" not in told.value.hint
        with pytest.raises(InputError, match="nobody"):
            agent.recommend(profile="nobody")
        with pytest.raises(ConsentRequired, match="asked yet"):
            agent.recommend()
