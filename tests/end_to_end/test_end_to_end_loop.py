"""The whole loop on one box: download, watch, pick with reasons, report, estimate."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edgeagent.errors import NoModel, UnknownEntity
from edgeagent.messages import decode_report
from edgeagent.network.transport import HttpTransport
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from tests.publishing import Household, Publisher, titles_of


def test_a_box_lives_from_download_to_a_counted_report(
    household: Household, publisher: Publisher, tmp_path: Path
) -> None:
    household.consent()
    update = household.agent.update_model()
    assert (update.model_changed, update.catalogue_changed, update.task_changed) == (True,) * 3
    week = household.go_to_reporting_week()
    watched = titles_of(publisher, "Comedy")[:4]
    household.watch(*watched)
    picks = household.agent.recommend(limit=5)
    assert len(picks.picks) == 5
    household.end_week()
    assert household.agent.close_week().outcome == "drawn"
    household.go_to_due_time()
    (sending,) = household.agent.send_reports()
    assert sending.outcome == "accepted"
    (disclosure,) = household.agent.disclosures()
    assert decode_report(disclosure.body).week == week
    aggregator = SqliteAggregator(tmp_path / "reports.db")
    assert aggregator.report_count() == 1
    totals = aggregator.totals(publisher.artefacts.task)
    assert totals.counts == decode_report(disclosure.body).counts


def test_reasons_name_what_was_watched_and_add_up(
    household: Household, publisher: Publisher
) -> None:
    household.consent()
    household.agent.update_model()
    watched = titles_of(publisher, "Horror")[:5]
    household.watch(*watched)
    picks = household.agent.recommend(limit=10)
    for pick in picks.picks:
        total = sum(reason.contribution for reason in pick.reasons)
        assert abs(total - pick.score) <= 1e-4 * picks.score_spread
        named = {reason.entity_id for reason in pick.reasons if reason.kind == "watched"}
        assert named <= set(watched)
        assert pick.entity_id not in watched
    best = picks.picks[0]
    assert household.agent.explain(best.entity_id).score == pytest.approx(best.score, rel=1e-4)


def test_picks_follow_what_is_watched(household: Household, publisher: Publisher) -> None:
    household.consent()
    household.agent.update_model()
    before = [pick.entity_id for pick in household.agent.recommend(limit=10).picks]
    household.watch(*titles_of(publisher, "Horror")[:6])
    after = household.agent.recommend(limit=10).picks
    assert [pick.entity_id for pick in after] != before
    assert any("Horror" in pick.genres for pick in after)


def test_without_a_model_there_is_a_way_out(household: Household) -> None:
    household.consent()
    with pytest.raises(NoModel) as refused:
        household.agent.recommend()
    assert "model update" in refused.value.hint


def test_an_unknown_entity_is_refused_and_nothing_stored(
    household: Household, publisher: Publisher
) -> None:
    household.consent()
    household.agent.update_model()
    known = titles_of(publisher, "Comedy")[0]
    with pytest.raises(UnknownEntity, match="'nobody:knows'"):
        household.watch(known, "nobody:knows")
    assert household.agent._home.history.count("main") == 0


def test_the_history_is_unreadable_and_holds_no_title(
    household: Household, publisher: Publisher
) -> None:
    household.consent()
    household.agent.update_model()
    watched = titles_of(publisher, "Comedy")[:3]
    household.watch(*watched)
    household.agent.recommend()
    household.agent.close()
    for name in ("history.db", "ledger.db"):
        with pytest.raises(sqlite3.DatabaseError, match="not a database"):
            sqlite3.connect(household.directory / name).execute("SELECT * FROM sqlite_master")
    titles = {t.title for t in publisher.log.titles if t.entity_id in watched}
    needles = [text.encode() for text in (*watched, *titles)]
    for path in household.directory.iterdir():
        if path.is_file():
            data = path.read_bytes()
            assert not any(needle in data for needle in needles), path
    household.agent = household.open()


def test_an_update_without_news_changes_nothing(household: Household) -> None:
    household.agent.update_model()
    again = household.agent.update_model()
    assert (again.model_changed, again.catalogue_changed, again.task_changed) == (False,) * 3


def test_a_report_of_the_server_can_be_replayed_and_counts_once(
    household: Household, tmp_path: Path
) -> None:
    household.consent()
    household.agent.update_model()
    household.go_to_reporting_week()
    household.end_week()
    household.agent.close_week()
    household.go_to_due_time()
    household.agent.send_reports()
    body = household.agent.disclosures()[0].body
    transport = HttpTransport(str(household.config.server_url))
    assert transport.post(body).status == 204
    assert SqliteAggregator(tmp_path / "reports.db").report_count() == 1
