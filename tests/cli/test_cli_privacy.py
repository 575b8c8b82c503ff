"""What leaves, in words and as JSON, and the question before reporting is allowed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edgeagent.agent import Agent
from edgeagent.cli.privacy import print_briefly
from edgeagent.cli.root import cli
from edgeagent.messages.codec import canonical_bytes, sha256_hex
from edgeagent.notices import notice_digest
from edgeagent.privacy.declaration import load_declaration
from edgeagent.services.models.installation import Installation, InstallationStore
from edgeagent.testing.box import NOW
from tests.services.conftest import task

BODY = b'{"counts":[1,1,0,0,0,0,0,0],"report_id":"%b","task":"subset_selection.8.3-1.1","week":%d}'


class Terminal:
    """Types commands at one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--home", str(self.home), *arguments])

    def json(self, *arguments: str) -> Any:  # noqa: ANN401  (whatever a command prints)
        result = self(*arguments)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "home")


@pytest.fixture
def reported(terminal: Terminal) -> Terminal:
    """A box that has drawn one report."""
    with Agent.open(terminal.home) as agent:
        ledger = agent._home.ledger
        week = ledger.genesis.first_reportable_week
        ledger.book(
            week=week,
            odds=Fraction(3),
            report_id="0" * 32,
            task="subset_selection.8.3-1.1",
            body=(BODY % (b"0" * 32, week)).ljust(512),
            drawn_at=NOW,
            due_at=NOW,
            recipient="https://server.example",
            meaning="nearly nothing",
        )
    return terminal


def test_an_assessment_in_words_and_as_json(reported: Terminal) -> None:
    words = reported("privacy", "assess").stdout
    for request in load_declaration().requests:
        assert request.purpose in words
        for field in request.fields:
            assert f"{field.name}: " in words
    assert "segment 0: believed at 12.5% before, 25.0% after" in words
    assert "no riskier than the defaults" in words
    found = reported.json("privacy", "assess", "--json")
    assert found["budget"]["reports"] == 1
    assert len(found["conclusions"]["beliefs"]) == 8
    leaves = [request["name"] for request in found["leaves"]]
    assert leaves == ["download", "continued download", "report"]


@pytest.mark.parametrize(
    ("decision", "upshot"),
    [
        (("grant", "promotion"), "main takes part in reports"),
        (("withdraw", "history"), "nothing that rests on viewings leaves"),
        (("signal", "gpc"), "nothing that rests on viewings leaves"),
    ],
)
def test_every_decision_shows_the_upshot_of_the_assessment(
    reported: Terminal, decision: tuple[str, ...], upshot: str
) -> None:
    assert (
        "What is promised" in reported("consent", "grant", "history", "reporting", "--yes").stderr
    )
    said = reported("consent", *decision).stderr
    assert f"assessment: {upshot}" in said
    assert "all promises hold; settings no riskier than the defaults" in said
    assert reported("consent", *decision, "--json").stderr == ""


def test_the_upshot_says_what_is_riskier_and_what_does_not_hold(
    reported: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    with Agent.open(reported.home) as agent:
        assessment = agent.reports.assess()
    first, *others = assessment.promises
    broken = (replace(first, holds=False), *others)
    print_briefly(
        replace(assessment, promises=broken, riskier_than_default=True, reporting=("a", "b"))
    )
    said = capsys.readouterr().err
    assert "a, b take part in reports" in said
    assert "1 of 4 promises DO NOT HOLD; settings riskier than the defaults" in said


def test_a_population_is_read_from_a_file(reported: Terminal, tmp_path: Path) -> None:
    shares = tmp_path / "shares.json"
    shares.write_text(json.dumps([0.3, *[0.1] * 7]))
    found = reported.json("privacy", "assess", "--prior", str(shares), "--json")
    assert found["conclusions"]["beliefs"][0]["prior"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[0.5, 0.5]", "8 shares"),
        (b"{}", "Expected `array`"),
        (b"\xff", "invalid"),
        (b"[" * 70_000, "more than 65536 bytes"),
        (None, "No such file"),
    ],
)
def test_what_is_no_population_is_refused(
    reported: Terminal, tmp_path: Path, content: bytes | None, problem: str
) -> None:
    shares = tmp_path / "shares.json"
    if content is not None:
        shares.write_bytes(content)
    refused = reported("privacy", "assess", "--prior", str(shares))
    assert refused.exit_code == 3
    assert problem.lower() in refused.stderr.lower()


def test_the_quarter_in_words_and_as_json(terminal: Terminal) -> None:
    terminal("consent", "grant", "history", "personalization")
    terminal("history", "add", "t:1", "--completed")
    words = terminal("privacy", "report").stdout
    assert "main: 1 viewing\n" in words
    assert "main: recommendations" in words
    assert "no report was drawn" in words
    assert terminal.json("privacy", "report", "--json")["kept"][0]["viewings"] == 1


def test_the_quarter_tells_of_reports(reported: Terminal) -> None:
    with Agent.open(reported.home) as agent:
        agent._home.ledger.mark_missed(1, reason="a test", at=2**33)
    words = reported("privacy", "report").stdout
    assert "512 bytes" in words or "no report was drawn" in words  # by the clock of this machine
    assert "an example of a week" not in words
    assert "week 1 was let pass" in words


def test_disclosures_verify_and_export(reported: Terminal, tmp_path: Path) -> None:
    assert "1 report holds" in reported("disclosures", "verify").stdout
    assert reported.json("disclosures", "verify", "--json")["ok"] is True
    printed = reported.json("disclosures", "export")
    assert "wrote" in reported("disclosures", "export", str(tmp_path / "log.json")).stdout
    written = json.loads((tmp_path / "log.json").read_bytes())
    assert written["disclosures"] == printed["disclosures"]
    assert written["disclosures"][0]["body"].startswith('{"counts":[1,1,')
    assert reported("disclosures", "export", str(tmp_path)).exit_code == 2
    refused = reported("disclosures", "export", str(tmp_path / "no" / "log.json"))
    assert (refused.exit_code, "log.json" in refused.stderr) == (11, True)


def test_a_log_that_was_changed_has_an_exit_code(reported: Terminal) -> None:
    with (
        Agent.open(reported.home) as agent,
        agent._home.ledger._database.transaction() as connection,
    ):
        connection.execute("UPDATE disclosures SET meaning = 'nothing at all'")
    broken = reported("disclosures", "verify")
    assert (broken.exit_code, "was changed" in broken.stderr) == (5, True)
    broken = reported("disclosures", "verify", "--json")
    assert (broken.exit_code, json.loads(broken.stdout)["ok"]) == (5, False)


def test_a_preview_without_a_task_says_the_way_out(terminal: Terminal) -> None:
    refused = terminal("report", "preview")
    assert (refused.exit_code, "model update" in refused.stderr) == (6, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a home away: run as root")
def test_a_preview_is_for_the_owner(terminal: Terminal) -> None:
    terminal("profile", "create", "anna")
    os.chown(terminal.home, 4242, 4242)
    refused = terminal("report", "preview")
    assert (refused.exit_code, "user with id 4242" in refused.stderr) == (8, True)


def test_allowing_reports_shows_what_they_tell_first(terminal: Terminal) -> None:
    granted = terminal("consent", "grant", "reporting")
    assert "What leaves" in granted.stderr
    assert "granted reporting" in granted.stdout
    assert "What leaves" in terminal("consent", "grant", "history").stderr  # now both are
    assert "What leaves" not in terminal("consent", "grant", "personalization").stderr
    assert json.loads(terminal("consent", "grant", "reporting", "--json").stdout)["records"]


@pytest.mark.parametrize(("answer", "granted"), [(b"n\n", False), (b"y\n", True)])
def test_at_a_terminal_the_answer_decides(terminal: Terminal, answer: bytes, granted: bool) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    asked = subprocess.run(
        [
            sys.executable,
            "-m",
            "edgeagent",
            "--home",
            terminal.home,
            "consent",
            "grant",
            "reporting",
        ],
        stdin=theirs,
        capture_output=True,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert b"Allow reports? [y/N]" in asked.stderr
    assert (asked.returncode == 0) == granted
    states = terminal.json("consent", "show", "--json")["purposes"]
    assert [s["granted"] for s in states if s["purpose"] == "reporting"] == [granted]


def test_yes_answers_beforehand(terminal: Terminal) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "edgeagent", "--home", terminal.home),
            *("consent", "grant", "reporting", "--yes"),
        ],
        stdin=theirs,
        capture_output=True,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0
    assert b"What leaves" in done.stderr


def test_verbose_says_why_there_was_no_report(terminal: Terminal) -> None:
    said = CliRunner().invoke(cli, ["--home", str(terminal.home), "-v", "report", "close"])
    assert (
        "INFO edgeagent.services.reports.open_week: week None: silent the time is not known"
        in said.stderr
    )
    assert "INFO" not in terminal("report", "close").stderr


def test_verbose_says_why_nothing_was_updated(terminal: Terminal) -> None:
    said = CliRunner().invoke(cli, ["--home", str(terminal.home), "-v", "model", "update"])
    assert "nothing was fetched: no server_url" in said.stderr
    assert said.exit_code == 3


def test_an_annex_for_an_impact_assessment_is_printed_or_written(
    reported: Terminal, tmp_path: Path
) -> None:
    printed = reported("privacy", "dpia")
    assert printed.exit_code == 0, printed.output
    assert printed.stdout.startswith("# Annex to a data protection impact assessment\n")
    assert "reports of its own: 1" in printed.stdout
    written = tmp_path / "annex.md"
    assert f"wrote {written}" in reported("privacy", "dpia", "--out", str(written)).stdout
    assert written.read_text("utf-8").splitlines()[4:] == printed.stdout.splitlines()[4:]
    facts = reported.json("privacy", "dpia", "--json")
    assert (facts["spacing_weeks"], facts["budget"]["reports"]) == (13, 1)
    refused = reported("privacy", "dpia", "--out", "/dev/full")
    assert (refused.exit_code, "No space left" in refused.stderr) == (11, True)


def test_the_notice_is_printed_with_its_hash_and_what_is_tighter_beside_it(
    terminal: Terminal,
) -> None:
    printed = terminal.json("privacy", "notice", "--language", "de", "--json")
    assert sha256_hex(canonical_bytes(printed["notice"])) == printed["sha256"]
    assert printed["tighter"] == {"retention_days": 90, "task": None}
    told = terminal("privacy", "notice").output
    with Agent.open(terminal.home) as agent:
        notice = agent.gate.notice()
        agent.retention.choose(30)
        store = InstallationStore(agent._home.ledger, terminal.home / "models")
        store.change(lambda _: Installation().with_task(task(odds_numerator=2)))
    assert all(text.takes in told for text in notice.purposes.values())
    assert notice_digest(notice) in told
    tighter = terminal("privacy", "notice").output
    assert "viewings are kept for 30 days" in tighter
    assert "the task asks for subset_selection with e^epsilon 2" in tighter
    assert notice_digest(notice) in tighter


def test_consent_show_says_what_has_changed(terminal: Terminal) -> None:
    assert terminal("consent", "grant", "history", "--yes").exit_code == 0
    (terminal.home / "config.toml").write_text("retention_days = 30\n")
    told = terminal("consent", "show").output
    assert "days for which a viewing is kept: 30 now, 90 when it was allowed" in told
    assert "[on ] history" in told
    (terminal.home / "config.toml").write_text("retention_days = 120\n")
    told = terminal("consent", "show").output
    assert "[off] history" in told
    assert "to be asked again: viewings would be kept for longer than was allowed" in told
