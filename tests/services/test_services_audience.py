"""Teens who counted and no longer do: nothing of theirs is kept, ranked or counted any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS, week_start
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, StorageError
from edgeagent.messages import RankRequest, SegmentRequest, SplitAnswer, SplitRequest, WatchEvent
from edgeagent.services.audience import Audience, leave_out_teens
from edgeagent.services.recommender import Recommender
from edgeagent.testing.scorer import TableScorer
from tests.services.conftest import Box

ADULT, TEEN, TOLD_AS_TEEN = "t:1", "t:2", "t:3"


class _NotingScorer(TableScorer):
    """Keeps what it was asked to split, too."""

    def __init__(self) -> None:
        super().__init__(segment=3)
        self.split_requests: list[SplitRequest] = []

    def split(self, request: SplitRequest) -> SplitAnswer:
        self.split_requests.append(request)
        return super().split(request)

    def seen(self) -> set[str]:
        """Return every title in the requests so far."""
        split = {v.entity_id for asked in self.split_requests for p in asked.profiles for v in p}
        for request in self.requests:
            parts = (request.history,) if isinstance(request, RankRequest) else request.sessions
            split |= {viewing.entity_id for part in parts for viewing in part}
        return split


def _counting_teens(box: Box, *, teens: bool) -> None:
    box.config = msgspec.structs.replace(box.config, teens_count_as_adults=teens)
    box.reopen()


@pytest.fixture
def scorer(box: Box) -> _NotingScorer:
    """A box whose week holds an adult's viewing, a teen's, and one that an app called a teen's."""
    scorer = _NotingScorer()
    box.scorer = scorer
    box.install()
    _counting_teens(box, teens=True)
    box.agent.household.create("Kim", kind="teen")
    for profile in ("main", "Kim"):
        box.grant(*Purpose, profile=profile)
    box.clock.set(week_start(box.reporting_week()) + DAY_SECONDS)
    now = box.clock.now()
    box.agent.record_watch(
        [
            WatchEvent(entity_id=ADULT, watched_on=now),
            WatchEvent(entity_id=TOLD_AS_TEEN, watched_on=now + 1, age_policy="app:teen"),
            WatchEvent(entity_id=TEEN, watched_on=now, profile="Kim"),
        ]
    )
    return scorer


def test_while_teens_count_their_viewings_are_counted(box: Box, scorer: _NotingScorer) -> None:
    box.go_to_end_of_reporting_week()
    assert box.agent.close_week().outcome == "drawn"
    assert scorer.seen() == {ADULT, TOLD_AS_TEEN, TEEN}


def test_when_they_no_longer_count_what_was_kept_is_gone_and_consents_are_withdrawn(
    box: Box, scorer: _NotingScorer
) -> None:
    del scorer
    _counting_teens(box, teens=False)
    history = box.agent._home.history
    assert [viewing.entity_id for viewing in history.window("main")] == [ADULT]
    assert history.count("Kim") == 0
    assert not any(state.granted for state in box.agent.consent("Kim"))
    assert all(state.granted for state in box.agent.consent("main"))
    with pytest.raises(ConsentRequired):
        box.agent.recommend(profile="Kim")
    _counting_teens(box, teens=True)
    assert not any(state.granted for state in box.agent.consent("Kim"))


def test_when_they_no_longer_count_a_report_and_a_preview_are_about_adults(
    box: Box, scorer: _NotingScorer
) -> None:
    box.go_to_end_of_reporting_week()
    _counting_teens(box, teens=False)
    box.agent.reports.preview()
    assert box.agent.close_week().outcome == "drawn"
    assert scorer.seen() == {ADULT}


def test_who_counts_is_asked_when_the_week_is_counted_and_when_titles_are_ranked(
    box: Box, scorer: _NotingScorer
) -> None:
    """Even where nothing could be deleted at the start, as on a full disk."""
    box.go_to_end_of_reporting_week()
    agent = box.agent
    agent._box = replace(agent._box, audience=Audience(teens_count=False))
    assert agent.close_week().outcome == "drawn"
    recommender = Recommender(
        agent._box,
        installations=agent._installations,
        scorer=scorer,
        config=agent._config,
        artwork=agent.promotions.artwork,
    )
    with pytest.raises(ConsentRequired, match="teen's"):
        recommender.last_picks(profile="Kim", limit=3)
    assert {v.entity_id for v in recommender._request("main", 3).history} == {ADULT}
    assert any(isinstance(request, SegmentRequest) for request in scorer.requests)
    assert scorer.seen() == {ADULT}


def test_a_viewing_told_again_stays_a_teens(box: Box, scorer: _NotingScorer) -> None:
    now = box.clock.now()
    box.agent.record_watch(WatchEvent(entity_id=TOLD_AS_TEEN, watched_on=now + 1))
    _counting_teens(box, teens=False)
    assert TOLD_AS_TEEN not in {v.entity_id for v in box.agent._home.history.window("main")}
    assert scorer.requests == []


def test_an_import_takes_in_a_teens_viewings_only_where_teens_count(
    box: Box, scorer: _NotingScorer, make_box: Callable[..., Box]
) -> None:
    del scorer
    exported = box.agent.portability.export()
    for name, teens, titles in (("a", False, {ADULT}), ("b", True, {ADULT, TOLD_AS_TEEN})):
        other = make_box(name)
        _counting_teens(other, teens=teens)
        other.grant(Purpose.HISTORY)
        other.clock.set(box.clock.now())
        imported = other.agent.portability.import_(exported)
        assert {v.entity_id for v in other.agent._home.history.window("main")} == titles
        assert imported.viewings == len(titles)
    other.agent._home.history.purge_teens()
    assert {v.entity_id for v in other.agent._home.history.window("main")} == {ADULT}


def test_a_start_without_teens_writes_nothing(make_box: Callable[..., Box]) -> None:
    box = make_box()
    box.grant(Purpose.HISTORY)
    tip = box.agent._home.ledger.tip()
    box.reopen()
    assert box.agent._home.ledger.tip() == tip


def test_what_cannot_be_withdrawn_now_is_an_error_and_ends_no_start(
    box: Box, scorer: _NotingScorer
) -> None:
    def full(purpose: Purpose, profile: str) -> object:
        raise StorageError(f"{purpose} of {profile}", hint="this is a test")

    with pytest.raises(StorageError):
        leave_out_teens(box.agent._home, audience=Audience(teens_count=False), withdraw=full)  # type: ignore[arg-type]  # never returns
    assert scorer.requests == []
