"""Upgrade and rollback between two programs, each a process of its own, as its page tells them.

The newer program is this one with one more migration.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCHEMA = "edgeagent/store/ledger_schema.py"
END = "    ),\n)\n"
MORE = (
    '        Migration(name="9001_later", statements=("CREATE TABLE later (x INTEGER) STRICT",), '
    "breaks_older={breaks}),\n"
)

pytestmark = pytest.mark.deep


class Program:
    """The packages of one release, run on one home."""

    def __init__(self, code: Path, home: Path) -> None:
        self._code = code
        self._home = home

    def run(self, *words: str, code: int = 0) -> str:
        """Return what a command prints."""
        done = subprocess.run(
            [sys.executable, "-m", "edgeagent", "--home", str(self._home), *words],
            cwd=self._code,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def viewings(self) -> set[str]:
        """Return the entity ids of the history."""
        lines = self.run("history", "list").splitlines()
        return {line.split()[1] for line in lines if " t:" in line}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def older(home: Path) -> Program:
    program = Program(ROOT, home)
    program.run("consent", "grant", "history")
    program.run("history", "add", "t:old", "--completed")
    return program


def newer(directory: Path, home: Path, *, breaks: bool) -> Program:
    shutil.copytree(
        ROOT / "edgeagent", directory / "edgeagent", ignore=shutil.ignore_patterns("__pycache__")
    )
    schema = directory / SCHEMA
    text = schema.read_text("utf-8")
    assert text.endswith(END)
    schema.write_text(text.removesuffix(END) + MORE.format(breaks=breaks) + END, "utf-8")
    return Program(directory, home)


def test_after_a_schema_that_only_adds_the_older_program_goes_on(
    older: Program, home: Path, tmp_path: Path
) -> None:
    upgraded = newer(tmp_path / "newer", home, breaks=False)
    upgraded.run("history", "add", "t:new", "--completed")
    assert older.viewings() == {"t:old", "t:new"}
    older.run("history", "add", "t:back", "--completed")
    assert upgraded.viewings() == {"t:old", "t:new", "t:back"}
    upgraded.run("doctor")


def test_a_schema_that_older_programs_must_not_write_is_refused_with_two_ways_out(
    older: Program, home: Path, tmp_path: Path
) -> None:
    upgraded = newer(tmp_path / "newer", home, breaks=True)
    upgraded.run("history", "add", "t:new", "--completed")
    kept = {path: digest(path) for path in home.glob("*.db")}
    for words in (("history", "list"), ("history", "add", "t:back")):
        said = older.run(*words, code=5)
        assert "this one knows" in said
        assert "try: install the edgeagent that wrote it, or a newer one" in said
    assert {path: digest(path) for path in home.glob("*.db")} == kept

    assert upgraded.viewings() == {"t:old", "t:new"}  # the newer one again

    export = tmp_path / "export.json"  # or a new box, with the household's data
    upgraded.run("export", str(export))
    older.run("erase", "--scope", "all", "--yes")
    older.run("consent", "grant", "history")
    older.run("import", str(export))
    assert older.viewings() == {"t:old", "t:new"}


def test_settings_of_a_newer_program_are_refused_by_name(older: Program, home: Path) -> None:
    (home / "config.toml").write_text("retention_days = 30\nof_a_later_one = 3\n")
    assert "`of_a_later_one`" in older.run("history", "list", code=3)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
