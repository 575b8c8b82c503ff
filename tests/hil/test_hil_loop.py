"""The loop through the command line: consent, watch, recommend, report."""

from __future__ import annotations

from edgeagent.messages import decode_report
from tests.hil.board import Board
from tests.hil.conftest import Figures
from tests.hil.office import Office
from tests.publishing import Publisher, titles_of


def test_a_new_box_stores_nothing_before_it_was_granted(board: Board, home: str) -> None:
    purposes = board.json(home, "consent", "show")["purposes"]
    assert not any(purpose["granted"] for purpose in purposes)
    refused = board.edgeagent(home, "history", "add", "t:1")
    assert refused.code == 4, refused
    assert "edgeagent consent grant history" in refused.err
    board.json(home, "consent", "grant", "history")
    assert board.json(home, "history", "add", "t:1", "--completed")["stored"] == 1
    assert not board.read(f"{home}/history.db").startswith(b"SQLite format 3")


def test_a_week_of_watching_is_ranked_explained_and_reported(
    board: Board, home: str, office: Office, publication: Publisher, figures: Figures
) -> None:
    comedies = titles_of(publication, "Comedy")[:21]
    lived = board.onboard("week", home, "30", *comedies)
    assert lived["stored"] == len(comedies)
    picks = board.json(home, "recommend", "--limit", "5")["picks"]
    assert len(picks) == 5
    assert {reason["kind"] for pick in picks for reason in pick["reasons"]} >= {"watched"}
    assert not {pick["entity_id"] for pick in picks} & set(comedies)
    closing = board.json(home, "report", "close")
    assert (closing["outcome"], closing["week"]) == ("drawn", lived["week"]), closing
    assert board.json(home, "report", "close")["outcome"] == "already_closed"
    before = len(office.reports())
    assert board.onboard("later", home) == {"outcomes": ["accepted"], "waiting": 0}
    (disclosed,) = board.json(home, "disclosures", "list")["disclosures"]
    (body,) = office.reports()[before:]
    assert (len(body), body.decode()) == (512, disclosed["body"])
    assert decode_report(body).week == lived["week"]
    figures["week"] = {"viewings": lived["stored"], "reports": 1}
