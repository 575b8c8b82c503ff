"""The loop again under the second mechanism: clipped counts instead of one session."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from edgeagent.messages import decode_report
from server_stub.cli import main
from tests.publishing import Household, Publisher, titles_of


@pytest.fixture
def publisher(publisher: Publisher) -> Publisher:
    """The same repository, its newest task asking for counts."""
    first = publisher.artefacts.task
    task = msgspec.structs.replace(
        first, mechanism="discrete_laplace", first_week=first.first_week + 1
    )
    counting = replace(publisher, artefacts=replace(publisher.artefacts, task=task))
    counting.publish(counting.artefacts)
    return counting


def test_clipped_counts_go_from_a_box_into_an_estimate(
    household: Household, publisher: Publisher, tmp_path: Path
) -> None:
    household.consent()
    household.agent.update_model()
    household.go_to_reporting_week()
    household.watch(*titles_of(publisher, "Comedy")[:4])
    household.end_week()
    assert household.agent.close_week().outcome == "drawn"
    household.go_to_due_time()
    (sending,) = household.agent.send_reports()
    assert sending.outcome == "accepted"
    (disclosure,) = household.agent.disclosures()
    report = decode_report(disclosure.body)
    assert report.task == "discrete_laplace.17.3-1.225"
    assert [debit.odds for debit in household.agent._home.ledger.debits()] == [3]
    place = ["--repository", str(publisher.repository), "--store", str(tmp_path / "reports.db")]
    answer = json.loads(CliRunner().invoke(main, ["estimate", *place, "--json", "--raw"]).stdout)
    assert (answer["unit"], answer["reports"]) == ("sessions", 1)
    sensitive = publisher.artefacts.task.sensitive
    assert {segment["category"]: segment["value"] for segment in answer["segments"]} == {
        category: count for category, count in enumerate(report.counts) if category not in sensitive
    }
    assert 0 < len(sensitive) < len(report.counts)
