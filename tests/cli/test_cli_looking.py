"""Looking makes nothing: commands that read, on a home that is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeagent.cli.root import cli

_READING = """
history list; history retention; title list; title search alien; profile list; private status
recommend; recommend --cached; explain movielens:1; promo list; promo choose home; promo why crisps
consent show; consent receipt; privacy assess; privacy report; privacy notice; privacy dpia
report budget; report preview; disclosures list; disclosures show x; disclosures verify
disclosures export; dashboard; export -; model status; keys status; config show; config check
service endpoint; service files; doctor
"""
COMMANDS = [line.split() for line in re.split(r"[;\n]", _READING.strip())]
_ANSWERS = {0, 3, 4, 6, 7}
"""Answered; not known, not granted, no model, no service, as a new box would say, too."""


def run(home: Path, *words: str) -> Result:
    environment = {"XDG_RUNTIME_DIR": str(home.parent / "run"), "TMPDIR": str(home.parent / "tmp")}
    return CliRunner(env=environment).invoke(cli, ["--home", str(home), *words])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    (tmp_path / "tmp").mkdir()
    return tmp_path / "home"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_file_appears(words: list[str], home: Path) -> None:
    looked = run(home, *words)
    assert looked.exit_code in _ANSWERS, looked.output
    assert sorted(path.name for path in home.parent.rglob("*")) == ["run", "tmp"]


def test_it_is_said_that_there_is_no_box(home: Path) -> None:
    shown = run(home, "consent", "show")
    assert shown.stderr == f"no box in {home} yet: this is what a new one holds\n"
    assert "[off] history" in shown.stdout
    home.mkdir()
    (home / "config.toml").write_text('key_provider = "command"\nkey_command = ["/bin/false"]\n')
    assert run(home, "history", "list").exit_code == 0  # no key is asked of the helper
    (home / "config.toml").unlink()
    assert run(home, "consent", "grant", "history").exit_code == 0
    assert run(home, "consent", "show").stderr == ""


def test_settings_of_the_home_count_without_a_box(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("retention_days = 30\n")
    assert "kept for 30 days" in run(home, "history", "retention").stdout
    assert [path.name for path in home.iterdir()] == ["config.toml"]


def test_an_export_can_be_piped(home: Path) -> None:
    assert run(home, "profile", "create", "anna").exit_code == 0
    piped = run(home, "export", "-")
    assert {one["name"] for one in json.loads(piped.stdout)["profiles"]} == {"main", "anna"}
    assert run(home, "export", "-", "--json").exit_code == 2
    assert json.loads(run(home, "disclosures", "export", "-").stdout) == json.loads(
        run(home, "disclosures", "export").stdout
    )
    assert not Path("-").exists()


def test_the_service_has_its_box_made_before_it_looks(home: Path) -> None:
    assert run(home, "job", "prepare").exit_code == 0
    assert run(home, "profile", "list").stderr == ""
