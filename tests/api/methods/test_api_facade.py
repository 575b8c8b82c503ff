"""One shape: what the façade returns is what the API answers, in other letters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgeagent.clock import WEEK_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages import Pick, Picks, RankRequest, Reason, SegmentCause
from edgeagent.services.upkeep.count_health import CountHealthStore
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.scorer import TableScorer
from tests.api.running import Client, Running, ServiceThread


class MixScorer(TableScorer):
    """Sees a household in three segments, and knows why of two."""

    def rank(self, request: RankRequest) -> Picks:
        begun = _pick("t:08")
        causes = (
            SegmentCause(segment=2, reasons=(_reason("t:02", 0.4),)),
            SegmentCause(segment=0, reasons=(_reason("t:03", 0.1),)),
        )
        picks = super().rank(request)
        return msgspec.structs.replace(
            picks,
            picks=(_pick("t:05", drawn=True), *picks.picks)[: request.limit],
            continue_watching=(msgspec.structs.replace(begun, progress_fraction=0.5),),
            segment_probabilities=(0.3, 0.0, 0.6, *([0.1 / 29] * 29)),
            segment_causes=causes,
        )


def _reason(entity_id: str, contribution: float) -> Reason:
    return Reason(
        kind="watched",
        entity_id=entity_id,
        title=f"Title {entity_id}",
        contribution=contribution,
        share_fraction=1.0,
    )


def _pick(entity_id: str, *, drawn: bool = False) -> Pick:
    return Pick(
        entity_id=entity_id,
        title=f"Title {entity_id}",
        kind="film",
        year=2001,
        genres=("Drama",),
        score=2.0,
        reasons=(_reason("t:02", 2.0),),
        drawn=drawn,
    )


@pytest.fixture
def lived(services: ServiceThread, tmp_path_factory: pytest.TempPathFactory) -> Running:
    directory = tmp_path_factory.mktemp("lived")
    box = AgentBox(
        directory=directory / "box", runtime_directory=directory / "run", scorer=MixScorer()
    )
    with box.open() as agent:
        box.update(agent, vouched_until=box.clock.now() + 300 * 86_400)
    running = services.start(box=box)
    with running.line() as client:
        for purpose in ("history", "personalization"):
            client.result("EdgeAgent.grant", {"purpose": purpose})
    with box.open() as agent:
        box.know_time(agent)
    return running


@pytest.fixture
def manager(lived: Running) -> Iterator[Client]:
    with lived.line() as client:
        yield client


def as_the_cli_prints(value: object) -> Any:  # noqa: ANN401  (any JSON)
    return msgspec.json.decode(msgspec.json.encode(value))


def camel_name(name: str) -> str:
    """Return a field's name as the API spells it."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def same(answer: Any, printed: Any) -> bool:  # noqa: ANN401  (any JSON)
    """Say whether two JSON values differ in the letters of their fields alone."""
    if isinstance(printed, dict):
        return set(answer) == {camel_name(key) for key in printed} and all(
            same(answer[camel_name(key)], value) for key, value in printed.items()
        )
    if isinstance(printed, list):
        return len(answer) == len(printed) and all(map(same, answer, printed))
    return bool(answer == printed)


def test_picks_have_one_shape(lived: Running, manager: Client) -> None:
    fresh = manager.result("EdgeAgent.recommend", {"limit": 2})
    assert (fresh["cached"], fresh["rankedBy"]) == (False, "model")
    assert [pick["drawn"] for pick in fresh["picks"]] == [True, False]
    assert fresh["continueWatching"][0]["progressFraction"] == 0.5
    cached = manager.result("EdgeAgent.recommend", {"limit": 2, "cached": True})
    last = manager.result("EdgeAgent.lastPicks", {"limit": 1})
    assert cached["cached"] is last["cached"] is True
    assert len(last["picks"]) == 1
    with lived.box.open() as agent:
        assert same(cached, as_the_cli_prints(agent.recommend(limit=2, cached=True)))
        assert same(last, as_the_cli_prints(agent.last_picks(limit=1)))
        explained = manager.result("EdgeAgent.explain", {"entityId": "t:05"})
        assert same(explained, as_the_cli_prints(agent.explain("t:05")))


def test_counts_that_failed_are_said(lived: Running, manager: Client) -> None:
    assert manager.result("EdgeAgent.status")["failedCounts"] == 0
    with lived.box.open() as agent:
        for _ in range(2):
            CountHealthStore(agent._home.ledger).note("ModelError", at=lived.box.clock.now())
    assert manager.result("EdgeAgent.status")["failedCounts"] == 2


def test_only_a_new_ranking_is_told(manager: Client) -> None:
    manager.result("EdgeAgent.onPicksChanged", {"listen": True})
    manager.result("EdgeAgent.recommend")
    assert manager.receive()["result"] == {"profile": "main"}
    manager.result("EdgeAgent.recommend", {"limit": 2, "cached": True})
    manager.result("EdgeAgent.status")  # it would have come before this answer


def test_a_ranking_made_for_the_segments_is_told(manager: Client) -> None:
    manager.result("EdgeAgent.onPicksChanged", {"listen": True})
    manager.result("EdgeAgent.segments")
    assert manager.receive()["result"] == {"profile": "main"}
    manager.result("EdgeAgent.segments")  # from what was stored
    manager.result("EdgeAgent.status")


def test_last_picks_go_with_the_consent_and_with_what_was_watched_since(
    lived: Running, manager: Client
) -> None:
    assert manager.result("EdgeAgent.lastPicks") is None
    manager.result("EdgeAgent.recommend")
    lived.box.clock.advance(60)
    manager.result("Discovery.watched", {"entityId": "t:05", "completed": True})
    shown = [pick["entityId"] for pick in manager.result("EdgeAgent.lastPicks")["picks"]]
    assert shown == ["table:1"]
    manager.result("EdgeAgent.withdraw", {"purpose": "personalization"})
    for method in ("lastPicks", "segments"):
        assert manager.error(f"EdgeAgent.{method}")["code"] == -40300


def test_the_history_of_one_title_holds_no_other(lived: Running, manager: Client) -> None:
    lived.box.clock.advance(60)
    manager.result("Discovery.watched", {"entityId": "t:020", "completed": True})
    for _ in range(3):
        lived.box.clock.advance(60)
        manager.result("Discovery.watched", {"entityId": "t:02", "completed": True})
    first = manager.result("EdgeAgent.history", {"entityId": "t:02", "limit": 2})
    rest = manager.result("EdgeAgent.history", {"entityId": "t:02", "before": first["next"]})
    found = [viewing["entityId"] for viewing in first["viewings"] + rest["viewings"]]
    assert found == ["t:02"] * len(found)
    assert (len(first["viewings"]), len(found) >= 3, rest["next"]) == (2, True, None)
    named = {"entityId": "t:020", "search": "nothing of that name"}
    assert manager.result("EdgeAgent.history", named)["viewings"] == []
    assert manager.error("EdgeAgent.history", {"entityId": ""})["code"] == -32602


def test_each_segment_has_its_own_reasons(manager: Client) -> None:
    for _ in range(2):  # ranked for the question, then from what was stored
        mix = manager.result("EdgeAgent.segments")
        first, second, *others = mix["segments"]
        assert (first["id"], first["reasons"][0]["entityId"]) == (2, "t:02")
        assert (second["id"], second["reasons"][0]["entityId"]) == (0, "t:03")
        assert not any(segment["reasons"] for segment in others)
        assert mix["because"][0]["entityId"] == "t:02"


class TwoReasons(MixScorer):
    """Has two picks, each for a reason of its own, and one more title that speaks against one."""

    def rank(self, request: RankRequest) -> Picks:
        first = msgspec.structs.replace(
            _pick("t:05"), reasons=(_reason("t:02", 3.0), _reason("t:04", -1.0))
        )
        second = msgspec.structs.replace(_pick("t:06"), reasons=(_reason("t:03", 1.0),))
        return msgspec.structs.replace(super().rank(request), picks=(first, second))


def test_the_titles_that_weigh_most_are_parts_of_one_whole(
    services: ServiceThread, tmp_path: Path
) -> None:
    box = AgentBox(
        directory=tmp_path / "two", runtime_directory=tmp_path / "run", scorer=TwoReasons()
    )
    with box.open() as agent:
        box.update(agent)
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION):
            agent.grant(purpose)
    with services.start(box=box).line() as client:
        because = client.result("EdgeAgent.segments")["because"]
    assert {reason["entityId"]: reason["shareFraction"] for reason in because} == {
        "t:02": 0.6,
        "t:03": 0.2,
    }


def test_what_another_model_picked_is_no_mix_of_this_one(lived: Running, manager: Client) -> None:
    with lived.box.open() as agent:
        picks = Picks(picks=(), segment_probabilities=(0.5, 0.5), score_spread=1.0)
        grant = agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
        agent._home.history.save_picks(picks, grant, made_at=lived.box.clock.now())
    assert len(manager.result("EdgeAgent.segments")["segments"]) == 32


def test_assessment_preview_retention_and_receipt_have_one_shape(
    lived: Running, manager: Client
) -> None:
    lived.box.clock.advance(2 * WEEK_SECONDS)
    lived.box.clock.advance(60)
    shown = manager.result("EdgeAgent.preview")
    assert shown["preview"] is True
    assert len(shown["categories"]) == len(shown["report"]["counts"])
    assessment = manager.result("EdgeAgent.assessment")
    assert [promise["holds"] for promise in assessment["promises"]] == [True] * 4
    with lived.box.open() as agent:
        assert same(shown, as_the_cli_prints(agent.reports.preview()))
        assert same(assessment, as_the_cli_prints(agent.reports.assess()))
        kept = manager.result("EdgeAgent.retention")
        assert same(kept, as_the_cli_prints(agent.retention.kept()))
        receipt = manager.result("EdgeAgent.consentReceipt")
        assert same(receipt, as_the_cli_prints(agent.consent_receipt()))
