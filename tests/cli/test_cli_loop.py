"""The command line on a box of its own: every noun, in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from edgeagent.cli.root import cli
from edgeagent.messages.manifest import LiftedWord
from edgeagent.simulator.plan import START
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from model_export.publishing.artefacts import export
from model_export.train import train
from server_stub.distribution.creatives import PackedCreatives, publish_creatives
from server_stub.distribution.operator import Operator
from server_stub.distribution.rollback import stop
from tests.publishing import LIFETIME_DAYS, Household, Publisher, titles_of


class Terminal:
    """Types commands at one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--home", str(self.home), *arguments])

    def json(self, *arguments: str) -> Any:  # noqa: ANN401  (whatever a command prints)
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def says(self, *arguments: str) -> str:
        result = self(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "home")


@pytest.fixture
def connected(tmp_path: Path, publisher: Publisher, server_url: str) -> Terminal:
    """A box whose config names a running server; its scorer is resident to save time."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(
        f'server_url = "{server_url}"\nscorer = "resident"\n'
        f'trusted_root = "{publisher.repository / "root.json"}"\n'
    )
    return Terminal(home)


def test_consent_is_shown_granted_and_withdrawn(terminal: Terminal) -> None:
    assert terminal.says("consent", "show").count("[off]") == 4
    assert "granted history" in terminal.says("consent", "grant", "history", "reporting")
    shown = terminal.says("consent", "show")
    assert shown.count("[on ]") == 2
    assert "until" in shown
    states = terminal.json("consent", "show")["purposes"]
    assert {state["purpose"] for state in states if state["granted"]} == {"history", "reporting"}
    assert "withdrew history" in terminal.says("consent", "withdraw", "history")
    (record,) = terminal.json("consent", "withdraw", "reporting")["records"]
    assert (record["event"], record["actor"]) == ("withdrawn", "user")


def test_a_signal_from_outside_narrows(terminal: Terminal) -> None:
    terminal.says("consent", "grant", "history", "reporting", "promotion")
    said = terminal.says("consent", "signal", "gpc")
    assert "withdrew reporting for main" in said
    assert "2 consents withdrawn" in said
    assert terminal.json("consent", "signal", "gpc") == {"records": []}
    assert terminal.says("consent", "show").count("[on ]") == 1


def test_a_purpose_that_is_none_is_a_usage_error(terminal: Terminal) -> None:
    result = terminal("consent", "grant", "everything")
    assert result.exit_code == 2
    assert "everything" in result.stderr


def test_history_is_added_listed_and_forgotten(terminal: Terminal) -> None:
    terminal.says("consent", "grant", "history")
    said = terminal.says("history", "add", "t:1", "--at", "2026-11-24T20:15:00Z", "--completed")
    assert "stored t:1, watched 2026-11-24T20:15:00Z" in said
    terminal.says("history", "add", "t:2", "--progress", "0.5", "--at", "2026-11-24T21:00:00+01:00")
    listed = terminal.says("history", "list")
    assert "2026-11-24T20:15:00Z  t:1  completed" in listed
    assert "50%" in listed
    assert "2 of 2 viewings" in listed
    terminal.says("history", "add", "t:3", "--progress", "0", "--at", "2026-11-24T19:00:00Z")
    assert terminal.json("history", "list")["viewings"] == [
        {"entity_id": "t:1", "watched_on": 1795551300, "completed": True},
        {"entity_id": "t:2", "watched_on": 1795550400, "progress_fraction": 0.5},
        {"entity_id": "t:3", "watched_on": 1795546800, "progress_fraction": 0.0},
    ]
    assert "deleted 1 viewing of t:1" in terminal.says("history", "forget", "t:1")
    assert terminal.json("history", "forget", "t:1") == {"deleted": 0}


def test_a_span_of_the_history_is_forgotten(terminal: Terminal) -> None:
    terminal.says("consent", "grant", "history")
    for entity_id, at in (("t:1", "20:15"), ("t:2", "21:00"), ("t:3", "22:30")):
        terminal.says("history", "add", entity_id, "--at", f"2026-11-24T{at}:00Z")
    span = ("history", "forget-span", "--since", "2026-11-24T20:15:00Z")
    said = terminal.says(*span, "--until", "2026-11-24T22:30:00Z", "--only", "t:2")
    assert "deleted 1 viewing\n" in said
    assert "is called off; its debit stays" in said
    listed = terminal.json("history", "list")["viewings"]
    assert [viewing["entity_id"] for viewing in listed] == ["t:3", "t:1"]
    assert terminal.json(*span) == {"deleted": 2}
    never = terminal("history", "forget-span", "--since", "yesterday")
    assert "error: --since 'yesterday' is not a time" in never.stderr
    backwards = terminal(*span, "--until", "2026-11-24T20:15:00Z")
    assert "error: the span of time ends before it begins" in backwards.stderr


def test_childrens_and_private_viewings_are_not_stored_and_it_says_so(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    terminal.says("consent", "grant", "history")
    assert "children" in terminal.says("history", "add", "t:1", "--age-policy", "app:child")
    assert "private until" in terminal.says("private", "start", "--minutes", "5")
    assert terminal.json("private", "status")["active"] is True
    assert "private session" in terminal.says("history", "add", "t:1")
    assert "not private" in terminal.says("private", "stop")
    assert terminal.json("history", "list")["count"] == 0


@pytest.mark.deep
def test_a_model_is_fetched_shown_and_ranks_with_reasons(
    connected: Terminal, publisher: Publisher
) -> None:
    connected.says("consent", "grant", "history", "personalization")
    assert "active    none" in connected.says("model", "status")
    version = publisher.artefacts.manifest.model_version
    for job in ("fetch", "send"):
        assert connected.says("job", job) == ""
    assert "active    none" in connected.says("model", "status")
    said = connected.says("model", "update")
    assert f"fetched  model {version}, the same report task" in said
    assert f"active   model {version}; new: model, catalogue" in said
    again = connected.says("model", "update")
    assert f"fetched  model {version}, the same report task" in again
    assert "new: nothing" in again
    status = connected.json("model", "status")
    assert status["current"]["model_version"] == publisher.artefacts.manifest.model_version
    for entity_id in titles_of(publisher, "Comedy")[:3]:
        connected.says("history", "add", entity_id, "--completed")
    said = connected.says("recommend", "--limit", "3")
    assert said.count("Because you watched") >= 1
    picks = connected.json("recommend", "--limit", "3")["picks"]
    assert len(picks) == 3
    explained = connected.says("explain", picks[0]["entity_id"])
    assert "sum of the parts" in explained
    assert connected.json("explain", picks[0]["entity_id"])["reasons"]


def test_words_that_the_operator_lifts_are_shown(connected: Terminal, publisher: Publisher) -> None:
    lifted = (LiftedWord(word="krieg", topics=("violence",)),)
    manifest = msgspec.structs.replace(publisher.artefacts.manifest, lifted_words=lifted)
    publisher.publish(replace(publisher.artefacts, manifest=manifest))
    connected.says("model", "update")
    shown = connected.says("model", "status")
    assert "its operator says that 'krieg' does not tell of violence" in shown
    assert connected.json("model", "status")["current"]["lifted_words"] == [
        {"word": "krieg", "topics": ["violence"]}
    ]
    assert "`krieg` does not tell of violence" in connected.says("privacy", "dpia")


@pytest.mark.deep
def test_an_update_says_that_promos_came_and_were_taken_back(
    connected: Terminal, publisher: Publisher
) -> None:
    connected.says("model", "update")
    operator = Operator.without_passphrase(
        publisher.repository, publisher.keys, now=START, lifetime_days=LIFETIME_DAYS
    )
    promo = some_creative("autumn", starts_at=START)
    files = {promo.asset.path: picture_of("autumn")}
    publish_creatives(operator, PackedCreatives(catalogue=some_catalogue(promo), files=files))
    assert "; new: promos and ads\n" in connected.says("model", "update")
    assert connected.json("model", "update")["creatives"] == "none"
    publish_creatives(operator, PackedCreatives(catalogue=some_catalogue(), files={}))
    said = connected.says("model", "update")
    assert "; new: nothing\nthe publisher has taken all promos and ads back\n" in said


def test_reports_are_closed_sent_and_shown(connected: Terminal) -> None:
    connected.says("consent", "grant", "history", "reporting")
    connected.says("model", "update")
    assert "a new ledger is silent" in connected.says("report", "close")
    assert connected.json("report", "close")["outcome"] == "silent"
    assert "0 waiting" in connected.says("report", "send")
    assert connected.json("report", "send") == {"sent": [], "waiting": 0}
    assert "0 reports drawn" in connected.says("report", "budget")
    assert connected.json("report", "budget")["epsilon_limit"] == pytest.approx(4.394449)
    assert "0 reports" in connected.says("disclosures", "list")
    assert connected.json("disclosures", "list") == {"disclosures": []}


def test_a_stop_is_said_where_it_matters(connected: Terminal, publisher: Publisher) -> None:
    connected.says("model", "update")
    assert "stopped" not in connected.says("report", "budget")
    manifest, task = publisher.artefacts.manifest, publisher.artefacts.task
    operator = Operator.without_passphrase(
        publisher.repository, publisher.keys, now=START, lifetime_days=LIFETIME_DAYS
    )
    stop(operator, models=(manifest.model_version,), tasks=(task.name,))
    updated = connected.says("model", "update")
    assert "by its publisher\n" in updated
    assert "report task by its publisher" in updated
    assert "nothing is drawn or sent" in connected.says("report", "budget")


@pytest.fixture
def sent(household: Household) -> Iterator[Terminal]:
    """The terminal of a box that has sent one report and got a second model."""
    household.consent()
    household.agent.update_model()
    household.go_to_reporting_week()
    household.end_week()
    household.agent.close_week()
    household.go_to_due_time()
    household.agent.send_reports()
    household.agent.close()
    yield Terminal(household.directory)
    household.agent = household.open()


def test_a_report_is_listed_and_shown_byte_for_byte(sent: Terminal) -> None:
    listed = sent.says("disclosures", "list")
    assert "accepted" in listed
    assert "512 bytes  epsilon 1.10" in listed
    (plain,) = sent.json("disclosures", "list")["disclosures"]
    assert len(plain["body"]) == 512
    shown = sent.says("disclosures", "show", plain["report_id"])
    assert plain["body"].strip() in shown
    assert "no answer is more than 3 times as likely" in shown
    assert sent.json("disclosures", "show", plain["report_id"]) == plain
    missing = sent("disclosures", "show", "0" * 32)
    assert missing.exit_code == 3
    assert "disclosures list" in missing.stderr
    assert "1 report drawn" in sent.says("report", "budget")


@pytest.mark.deep
def test_a_model_is_rolled_back_in_one_command(household: Household, publisher: Publisher) -> None:
    household.agent.update_model()
    first = household.agent.installation().current
    assert first is not None
    newer = train(publisher.log, seed=8, segments=16, dimension=32)
    publisher.publish(export(newer, publisher.log, now=START + 60), now=START + 60)
    household.agent.update_model()
    household.agent.close()
    terminal = Terminal(household.directory)
    assert f"previous  {first.model_version}" in terminal.says("model", "status")
    assert f"active again: {first.model_version}" in terminal.says("model", "rollback")
    assert terminal.json("model", "rollback")["model_version"] != first.model_version
    household.agent = household.open()


def test_without_a_second_model_there_is_nothing_to_go_back_to(terminal: Terminal) -> None:
    result = terminal("model", "rollback")
    assert result.exit_code == 6
    assert "no previous model" in result.stderr
