"""The commands as an operator types them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edgeagent.clock import iso_utc, quarter_of, week_of
from server_stub.cli import main
from server_stub.cli.repo import repo as program
from server_stub.cli.repo.operator_options import PASSPHRASE_VARIABLE
from tests.server_stub.distribution.publishing_office import NOW, invented

WORDS = "six words that nobody else knows"
AT = ("--at", iso_utc(NOW))
UNITS = Path(__file__).parents[3] / "server_stub" / "install" / "systemd"


def typed(*words: str | Path, code: int = 0, env: dict[str, str] | None = None) -> str:
    """Run a command; return what it prints, and what it says of errors."""
    result = CliRunner(env=env).invoke(main, ["repo", *map(str, words)])
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.output


def facts(*words: str | Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(typed(*words, "--json"))
    return answer


@pytest.fixture
def place(tmp_path: Path) -> tuple[str | Path, ...]:
    """Return the options that name a repository without passphrase, with a model in it."""
    place = ("--repository", tmp_path / "r", "--keys", tmp_path / "k", *AT)
    for number in (1, 2):
        directory = tmp_path / f"export {number}"
        directory.mkdir()
        for name, data in invented(number).files().items():
            (directory / name).write_bytes(data)
    said = typed("publish", tmp_path / "export 1", *place, "--no-passphrase")
    assert "published v1 in" in said
    assert "next: server-stub serve --repository" in said
    return place


def test_from_a_model_to_a_rollout_and_back(place: tuple[str | Path, ...], tmp_path: Path) -> None:
    typed("publish", tmp_path / "export 2", *place, "--percent", "5")
    assert facts("status", *place[:2], *AT)["percent"] == 5
    assert "promoted to 25 percent" in typed("promote", *place, "--percent", "25")
    assert facts("promote", *place)["model"]["version"] == "v2"
    assert "rolled back" in typed("rollback", *place)
    assert facts("rollback", *place, "--to", "v2")["model"]["version"] == "v2"
    said = typed("status", *place[:2], *AT)
    assert "models/manifest.json" in said
    assert "root keys   1, of which 1 sign a root" in said


def test_stops_are_said(place: tuple[str | Path, ...]) -> None:
    task = f"subset_selection.9.3-1.{quarter_of(week_of(NOW))}"
    assert "stopped" in typed("stop", "--model", "v1", "--task", task, *place)
    assert facts("status", *place[:2])["stopped_tasks"] == [task]
    assert "lifted" in typed("stop", "--task", task, "--lift", *place)
    assert facts("status", *place[:2])["stopped_tasks"] == []
    assert "name a --model or a --task" in typed("stop", *place, code=2)


def test_the_list_is_printed_with_its_head(place: tuple[str | Path, ...]) -> None:
    log = facts("log", *place[:2])
    assert log["head"] == facts("status", *place[:2])["releases"]["head"]
    assert log["entries"][0]["kind"] == "root"
    part = facts("log", *place[:2], "--at", "3")
    assert len(part["entries"]) == 3
    assert part["head"] in typed("log", *place[:2], "--at", "3")
    assert "the list has" in typed("log", *place[:2], "--at", "999", code=3)


def test_keys_are_rotated_and_roles_refreshed(place: tuple[str | Path, ...]) -> None:
    assert "refreshed" in typed("refresh", *place)
    assert facts("refresh", "root", "models", *place)["roles"]["root"]["version"] == 2
    said = typed("rotate-keys", "models", *place, code=3)
    assert "no passphrase for the new key" in said
    assert "new keys: models, timestamp" in typed(
        *("rotate-keys", "models", "timestamp"), *place, "--no-passphrase"
    )
    old = facts("status", *place[:2])["releases"]["id"]
    assert facts("new-list", *place)["releases"]["id"] != old


def test_roots_are_signed_in_two_places(tmp_path: Path) -> None:
    repository, keys = tmp_path / "r", tmp_path / "k"
    place = ("--repository", repository, "--keys", keys, *AT)
    drawers = [tmp_path / "a", tmp_path / "b"]
    all_drawers = [word for drawer in drawers for word in ("--root-keys", drawer)]
    assert "is made" in typed("init", *place, *all_drawers, "--threshold", "2", "--no-passphrase")
    assert "was there" in typed("init", *place, *all_drawers, "--threshold", "2")
    assert "4 with 2 root keys" in typed(
        *("rotate-keys", "root"), *place, *all_drawers, "--threshold", "4", code=3
    )
    said = typed("new-list", *place, "--root-keys", drawers[0])
    assert "waits in" in said
    assert "for 1 more signatures" in said
    draft = keys / "root-draft.json"
    assert facts("show-root", *place) == {
        "draft": str(draft),
        "version": 2,
        "missing_signatures": 1,
    }
    said = typed("sign-root", draft, "--root-keys", drawers[1])
    assert said.startswith("root version 2, until 2028-12-2")
    for role in ("root", "timestamp", "snapshot", "targets"):
        names = [path.name for path in tmp_path.glob(f"*/{role}-*.pem")]
        assert names
        assert all(name in said for name in names)
    assert "has 2 of the 2 signatures that it demands; next:" in said
    signed = facts("sign-root", draft, "--root-keys", drawers[1])
    assert (signed["version"], signed["signatures"], signed["others"]) == (2, 2, 0)
    assert f"list {signed['list_id']}\n" in said
    assert len(signed["keys"]["root"]) == 2
    assert "root version 2 is shown" in typed("show-root", *place)
    assert "is no draft of a root" in typed("show-root", *place, code=3)


def test_a_passphrase_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    place = ("--repository", tmp_path / "r", "--keys", tmp_path / "k", *AT)
    file = tmp_path / "passphrase"
    for text, fault in (("", "is not one line"), ("a\nb", "is not one line"), ("short", "5 bytes")):
        file.write_text(text)
        assert fault in typed("init", *place, "--passphrase-file", file, code=3)
    file.write_text(f"{WORDS}\r\n")
    typed("init", *place, "--passphrase-file", file)
    assert all(b"ENCRYPTED" in path.read_bytes() for path in (tmp_path / "k").iterdir())
    assert "there is no passphrase for it" in typed("refresh", *place, code=3)
    typed("refresh", *place, env={PASSPHRASE_VARIABLE: WORDS})
    assert "does not open" in typed("refresh", *place, env={PASSPHRASE_VARIABLE: "no"}, code=3)
    file.unlink()
    assert "cannot be read" in typed("refresh", *place, "--passphrase-file", file, code=3)


def test_root_keys_have_a_passphrase_of_their_own(tmp_path: Path) -> None:
    place = ("--repository", tmp_path / "r", "--keys", tmp_path / "k", *AT)
    for name in ("daily", "root"):
        (tmp_path / name).write_text(f"{WORDS} for {name}\n")
    daily = (*place, "--passphrase-file", tmp_path / "daily")
    typed("init", *daily, "--root-passphrase-file", tmp_path / "root")
    typed("refresh", *daily)
    assert "does not open" in typed("new-list", *daily, code=3)
    typed("new-list", *daily, "--root-passphrase-file", tmp_path / "root")


def test_the_clock_is_held_against_the_last_signature(place: tuple[str | Path, ...]) -> None:
    wrong = (*place[:4], "--at", "1999-01-01T00:00:00Z")
    assert "set the clock" in typed("refresh", *wrong, code=3)
    typed("refresh", *wrong, "--clock-is-right")


def test_a_first_signature_is_not_made_far_ahead(tmp_path: Path) -> None:
    place = ("--repository", tmp_path / "r", "--keys", tmp_path / "k", "--no-passphrase")
    ahead = ("--at", "2100-01-01T00:00:00Z")
    assert "add --clock-is-right" in typed("init", *place, *ahead, code=3)
    assert not (tmp_path / "k").exists()
    typed("init", *place, *ahead, "--clock-is-right")


@pytest.mark.parametrize("year", ["0001", "1969", "3000", "9999"])
def test_a_time_that_no_signature_can_state_is_refused(
    place: tuple[str | Path, ...], year: str
) -> None:
    at = ("--at", f"{year}-12-31T00:00:00Z", "--clock-is-right")
    assert "is in no year from 1970 to 2999" in typed("refresh", *place[:4], *at, code=2)
    typed("status", *place[:2])


def test_what_expires_is_warned_of(place: tuple[str | Path, ...]) -> None:
    later = iso_utc(NOW + 6 * 86_400)
    said = typed("status", *place[:2], "--at", later)
    assert "warning: timestamp expires on" in said
    assert facts("status", *place[:2], "--at", later)["warnings"]


def test_the_unit_signs_with_what_it_is_given() -> None:
    unit = (UNITS / "edgeagent-repo-refresh.service").read_text("utf-8")
    (command,) = (line for line in unit.splitlines() if line.startswith("ExecStart="))
    words = command.removeprefix("ExecStart=").split()
    refresh = program.commands["refresh"]
    assert words[:3] == ["/usr/bin/server-stub", "repo", "refresh"]
    known = {option for one in refresh.params for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= known
    assert f"ReadWritePaths={words[words.index('--repository') + 1]}" in unit


@pytest.mark.deep  # systemd is there where deep tests run
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_unit_can_do_little() -> None:
    run = subprocess.run(
        [
            *("systemd-analyze", "security", "--offline=true", "--threshold=10"),
            UNITS / "edgeagent-repo-refresh.service",
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    assert run.returncode == 0, run.stdout
