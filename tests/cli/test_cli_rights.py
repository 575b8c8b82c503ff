"""Household and rights on the command line."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeagent.cli.root import cli
from edgeagent.clock import DAY_SECONDS, SystemClock, iso_utc
from tests.cli.test_cli_loop import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "home")


def refused(terminal: Terminal, *arguments: str, exit_code: int, match: str) -> None:
    """Expect one line, and the way out on the next."""
    result = terminal(*arguments)
    assert result.exit_code == exit_code, result.output
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: ")
    assert match in error
    assert hint.startswith("  try: ")
    assert result.stdout == ""


def anna(terminal: Terminal) -> None:
    terminal.says("profile", "create", "anna")
    terminal.says("profile", "switch", "anna")
    terminal.says("consent", "grant", "history")
    terminal.says("history", "add", "t:1", "--completed")


def test_the_active_profile_is_meant_when_none_is_named(terminal: Terminal) -> None:
    anna(terminal)
    assert terminal.json("history", "list")["count"] == 1
    assert terminal.json("history", "list", "--profile", "main")["count"] == 0
    assert terminal.json("consent", "show")["profile"] == "anna"
    assert terminal.says("profile", "list").splitlines()[1].startswith("* anna  adult  since")
    listed = terminal.json("profile", "list")
    assert listed["active"] == "anna"
    assert [profile["name"] for profile in listed["profiles"]] == ["main", "anna"]
    terminal.says("profile", "switch", "main")
    assert terminal.json("history", "list")["count"] == 0
    refused(terminal, "profile", "switch", "bea", exit_code=3, match="no profile 'bea'")


def test_switching_ends_a_private_session(terminal: Terminal) -> None:
    anna(terminal)
    terminal.says("private", "start")
    terminal.says("history", "add", "t:2")
    assert terminal.json("history", "list")["count"] == 1
    terminal.says("profile", "switch", "anna")
    assert terminal.json("private", "status")["active"] is False


def test_of_a_kid_nothing_is_stored(terminal: Terminal) -> None:
    assert terminal.json("profile", "create", "kim", "--kind", "kid")["kind"] == "kid"
    said = terminal.says("history", "add", "t:1", "--profile", "kim")
    assert "children's viewings never are" in said
    refused(
        terminal,
        *("consent", "grant", "history", "--profile", "kim"),
        exit_code=4,
        match="is a kid's",
    )


def test_renaming_says_what_stays(terminal: Terminal) -> None:
    anna(terminal)
    assert "renamed anna to bea" in terminal.says("profile", "rename", "anna", "bea")
    assert terminal.json("history", "list")["profile"] == "bea"
    assert terminal.json("profile", "rename", "bea", "cleo")["name"] == "cleo"
    refused(terminal, "profile", "rename", "main", "x", exit_code=3, match="keeps its name")


def test_removing_asks_and_leaves_nothing(terminal: Terminal) -> None:
    anna(terminal)
    refused(terminal, "profile", "remove", "main", exit_code=3, match="cannot be removed")
    result = terminal("profile", "remove", "anna")  # nobody answers
    assert result.exit_code == 1
    assert "Remove anna with 1 viewing?" in result.stderr
    assert terminal.json("history", "list")["count"] == 1
    assert "with everything of it" in terminal.says("profile", "remove", "anna", "--yes")
    assert [p["name"] for p in terminal.json("profile", "list")["profiles"]] == ["main"]
    assert terminal.json("profile", "list")["active"] == "main"
    terminal.says("profile", "create", "anna")
    states = terminal.json("consent", "show", "--profile", "anna")["purposes"]
    assert not any(state["granted"] for state in states)
    assert terminal.json("profile", "remove", "anna", "--yes")["scope"] == "profile"


def test_titles_are_hidden_excluded_forgotten_and_back(terminal: Terminal) -> None:
    anna(terminal)
    assert "unhide" in terminal.says("title", "hide", "t:2")
    assert "include" in terminal.says("title", "exclude", "t:1")
    listed = terminal.says("title", "list")
    assert "hidden    t:2" in listed
    assert "excluded  t:1" in listed
    assert "2 hidden or excluded titles of profile anna" in listed
    assert len(terminal.json("title", "list")["marks"]) == 2
    assert terminal.json("title", "list", "--profile", "main")["marks"] == []
    assert "may be shown again" in terminal.says("title", "unhide", "t:2")
    assert "was not hidden" in terminal.says("title", "unhide", "t:2")
    assert "may be a reason" in terminal.says("title", "include", "t:1")
    assert terminal.json("title", "include", "t:1") == {"was_excluded": False}
    assert terminal.json("title", "forget", "t:1") == {"deleted": 1}
    assert terminal.json("history", "list")["count"] == 0
    refused(terminal, "title", "list", "--profile", "x", exit_code=3, match="no profile 'x'")


def test_retention_is_shortened_and_what_is_older_hidden_at_once(terminal: Terminal) -> None:
    anna(terminal)
    old = iso_utc(SystemClock().now() - 20 * DAY_SECONDS)
    terminal.says("history", "add", "t:2", "--at", old)
    assert terminal.json("history", "list")["count"] == 2
    assert "90 days" in terminal.says("history", "retention")
    assert terminal.json("history", "retention", "--days", "5")["days"] == 5
    assert terminal.json("history", "list")["count"] == 1
    terminal.says("consent", "grant", "reporting")
    assert "5 were asked for: that counts once reporting" in terminal.says("history", "retention")
    assert terminal.json("history", "retention", "--default")["chosen_days"] is None
    refused(terminal, "history", "retention", "--days", "91", exit_code=3, match="91 days")


def test_what_is_too_old_or_yet_to_come_is_refused_by_name(terminal: Terminal) -> None:
    anna(terminal)
    now = SystemClock().now()
    refusals = {-91 * DAY_SECONDS: "longer ago than the 90 days", 3600: "is in the future"}
    for shift, match in refusals.items():
        at = iso_utc(now + shift)
        refused(terminal, "history", "add", "t:2", "--at", at, exit_code=3, match=f"--at: {at} is")
        refused(terminal, "history", "add", "t:2", "--at", at, exit_code=3, match=match)
    assert terminal.json("history", "list")["count"] == 1
    terminal.says("history", "add", "t:2", "--at", iso_utc(now - 89 * DAY_SECONDS))
    assert terminal.json("history", "list")["count"] == 2


def test_the_receipt_shows_every_decision(terminal: Terminal) -> None:
    anna(terminal)
    terminal.says("consent", "withdraw", "history")
    said = terminal.says("consent", "receipt")
    assert "ISO/IEC TS 27560" in said
    assert "anna  history: given by user, superseded" in said
    assert said.splitlines()[-1] == "2 decisions"
    receipt = terminal.json("consent", "receipt", "--profile", "anna")
    assert [r["event_state"] for r in receipt["records"]] == ["superseded", "withdrawn"]
    assert terminal.json("consent", "receipt", "--profile", "main")["records"] == []


def test_keys_are_shown_rotated_and_exchanged(terminal: Terminal, tmp_path: Path) -> None:
    anna(terminal)
    kek = (terminal.home / "kek").read_bytes()
    assert "a copy of the whole home" in terminal.says("keys", "status")
    assert "wrapped under a new key" in terminal.says("keys", "rotate")
    assert (terminal.home / "kek").read_bytes() != kek
    assert terminal.json("keys", "rotate")["rotated"] == ["ledger", "history"]
    key = (terminal.home / "history.key").read_bytes()
    assert "old ones are destroyed" in terminal.says("keys", "rekey")
    assert (terminal.home / "history.key").read_bytes() != key
    assert terminal.json("keys", "rekey") == {"rekeyed": ["ledger", "history"]}
    assert terminal.json("history", "list")["count"] == 1
    helpers = []
    for digits in ("ab", "cd"):
        helper = tmp_path / digits
        helper.write_text(f"#!/bin/sh\necho {digits * 32}\n")
        helper.chmod(0o700)
        helpers.append(str(helper))
    for number, helper_path in enumerate(helpers):
        (terminal.home / "config.toml").write_text(
            f'key_provider = "command"\nkey_command = ["{helper_path}"]\n'
        )
        status = terminal("keys", "status")
        assert "fails" in status.stdout
        assert "  try: " in status.stdout
        old = ("--old-command", helpers[0]) if number else ()
        assert "wrapped" in terminal.says("keys", "rotate", *old)
    assert "nothing to do" in terminal.says("keys", "rotate", "--old-credential", "x")
    assert terminal.json("keys", "status")["provider"] == "command"
    assert terminal.json("history", "list")["count"] == 1


def test_doctor_says_what_is_wrong_and_repairs_the_history(terminal: Terminal) -> None:
    anna(terminal)
    assert terminal.json("doctor")["healthy"] is True
    assert "ok       history" in terminal.says("doctor")
    (terminal.home / "history.db").write_bytes(b"broken" * 1000)
    result = terminal("doctor")
    assert result.exit_code == 5
    assert "failed   history" in result.stdout
    assert "try: restore it" in result.stdout
    result = terminal("doctor", "--json")
    assert result.exit_code == 5
    assert json.loads(result.stdout)["healthy"] is False
    assert terminal.json("disclosures", "list") == {"disclosures": []}
    assert "a new one has begun" in terminal.says("doctor", "--repair")
    assert terminal.json("history", "list")["count"] == 0
    assert terminal.json("doctor", "--repair")["set_aside"] is None


def test_an_export_is_private_and_never_overwrites(terminal: Terminal, tmp_path: Path) -> None:
    anna(terminal)
    path = tmp_path / "export.json"
    assert "not encrypted" in terminal.says("export", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    refused(terminal, "export", str(path), exit_code=3, match="exists; nothing was written")
    assert path.read_bytes() == before
    assert terminal.json("export", str(tmp_path / "two.json"))["bytes"] == len(before)
    assert terminal("export").exit_code == 2
    schema = json.loads(terminal.says("export", "--schema"))
    assert "BoxExport" in schema["$defs"]


def test_an_import_waits_for_consent_then_is_whole(terminal: Terminal, tmp_path: Path) -> None:
    anna(terminal)
    path = tmp_path / "export.json"
    terminal.says("export", str(path))
    other = Terminal(tmp_path / "other")
    said = other.says("import", str(path))
    assert "taken in: 1 new profile, 0 viewings" in said
    assert "not in force: anna history given" in said
    assert "edgeagent consent grant history --profile anna" in said
    other.says("consent", "grant", "history", "--profile", "anna")
    assert other.json("import", str(path))["viewings"] == 1
    assert other.json("history", "list", "--profile", "anna")["count"] == 1
    path.write_text("{}")
    refused(other, "import", str(path), exit_code=3, match="BoxExport")


def test_an_import_says_what_it_left_out(terminal: Terminal, tmp_path: Path) -> None:
    anna(terminal)
    path = tmp_path / "export.json"
    terminal.says("export", str(path))
    export = json.loads(path.read_bytes())
    (profile,) = [one for one in export["profiles"] if one["name"] == "anna"]
    viewing = profile["viewings"][0]
    moments = (4_102_444_800, 4_102_444_801, viewing["watched_on"] - 400 * DAY_SECONDS)
    profile["viewings"] += [{**viewing, "watched_on": moment} for moment in moments]
    path.write_text(json.dumps(export))
    said = terminal.says("import", str(path))
    assert "left out: 2 in the future by this box's clock, 1 longer ago than viewings are" in said
    assert terminal.json("history", "list")["count"] == 1
    terminal.says("private", "start")
    assert "left out: 4 of a private session, or told during one\n" in terminal.says(
        "import", str(path)
    )
    left = terminal.json("import", str(path))["left_out"]
    assert left == {"future": 0, "over_age": 0, "private": 4, "audience": 0}


def test_progress_of_large_ones_is_on_stderr(terminal: Terminal, tmp_path: Path) -> None:
    anna(terminal)
    path = tmp_path / "export.json"
    terminal.says("export", str(path))
    export = json.loads(path.read_bytes())
    (profile,) = [one for one in export["profiles"] if one["name"] == "anna"]
    viewing = profile["viewings"][0]
    now = viewing["watched_on"]
    profile["viewings"] = [{**viewing, "watched_on": now - number} for number in range(5001)]
    path.write_text(json.dumps(export))
    result = terminal("import", str(path), "--json")
    assert json.loads(result.stdout)["viewings"] == 5001
    assert "importing: 5001 of 5001 viewings\n" in result.stderr
    result = terminal("export", str(tmp_path / "large.json"))
    assert "exporting: 5001 of 5001 viewings\n" in result.stderr


def test_erasing_asks_and_prints_a_receipt_without_content(terminal: Terminal) -> None:
    anna(terminal)
    result = terminal("erase", "--scope", "history")
    assert result.exit_code == 1
    assert "Erase history for good?" in result.stderr
    assert "Erase profile of anna" in terminal("erase", "--scope=profile", "--profile=anna").stderr
    assert terminal.json("history", "list")["count"] == 1
    said = terminal.says("erase", "--scope", "history", "--profile", "anna", "--yes")
    assert "erased history, reason user_request" in said
    assert "kept: decisions about consent, privacy ledger" in said
    assert "earlier copies:" in said
    assert "t:1" not in said
    assert terminal.json("history", "list")["count"] == 0
    terminal.says("history", "add", "t:1")
    receipt = terminal.json(
        *("erase", "--scope", "profile", "--yes", "--reason", "account_deletion")
    )
    assert (receipt["scope"], receipt["reason"]) == ("profile", "account_deletion")
    assert [p["name"] for p in terminal.json("profile", "list")["profiles"]] == ["main"]


@pytest.mark.parametrize(
    ("command", "withdraws"),
    [
        (("history", "forget", "t:1"), False),
        (("title", "forget", "t:1"), False),
        (("history", "forget-span", "--since", "2026-11-24T20:15:00Z"), False),
        (("erase", "--scope", "history", "--yes"), False),
        (("erase", "--scope", "history", "--yes", "--reason", "loss_of_consent"), True),
        (("profile", "remove", "anna", "--yes"), True),
    ],
)
def test_a_deletion_says_what_becomes_of_reports(
    terminal: Terminal, command: tuple[str, ...], *, withdraws: bool
) -> None:
    anna(terminal)
    anchor = terminal.home / "ledger.anchor"
    anchor.rename(terminal.home / "aside")
    said = terminal.says(*command)
    assert "is called off once it is whole" in said
    assert ("consents could not be withdrawn" in said) == withdraws
    (terminal.home / "aside").replace(anchor)
    terminal.says("profile", "create", "anna2")
    assert "is called off; its debit stays" in terminal.says("history", "forget", "t:1")


def test_an_erased_box_is_a_new_one(terminal: Terminal) -> None:
    anna(terminal)
    refused(
        terminal,
        *("erase", "--scope", "all", "--profile", "anna"),
        exit_code=3,
        match="knows no profile",
    )
    said = terminal.says("erase", "--scope", "all", "--yes")
    assert "best effort" in said
    assert list(terminal.home.iterdir()) == []
    assert terminal.json("profile", "list")["active"] == "main"
    assert terminal.json("consent", "receipt")["records"] == []
    assert "silent before" in terminal.says("report", "budget")
    assert list(terminal.home.iterdir()) == []  # looking makes no box
    terminal.says("profile", "create", "anna")
    for name in ("kek", "ledger.key"):
        (terminal.home / name).unlink()
    refused(terminal, "history", "list", exit_code=5, match="ledger.key")
    assert terminal.json("erase", "--scope", "all", "--yes")["data_keys_destroyed"] is True
    assert terminal.json("history", "list")["count"] == 0


def test_everything_is_switched_off_after_one_question(terminal: Terminal) -> None:
    anna(terminal)
    asked = CliRunner().invoke(cli, ["--home", str(terminal.home), "consent", "off"], input="n\n")
    assert asked.exit_code == 1
    assert terminal.json("history", "list")["count"] == 1
    said = terminal.says("consent", "off", "--yes")
    assert "withdrew history for anna" in said
    assert terminal.json("history", "list")["count"] == 0
    assert "nothing was allowed: everything is off" in terminal.says("consent", "off", "--yes")
    assert terminal.json("consent", "off", "--yes") == {"records": []}


def test_hints_are_switched_off_for_the_household(terminal: Terminal) -> None:
    assert terminal.says("consent", "hints") == "on\n"
    assert terminal.says("consent", "hints", "off") == "off\n"
    assert terminal.json("consent", "hints") == {"on": False, "allowed_by_settings": True}
    assert terminal.says("consent", "hints", "on") == "on\n"
    (terminal.home / "config.toml").write_text("consent_hints = false\n")
    assert "false in the settings" in terminal.says("consent", "hints")
