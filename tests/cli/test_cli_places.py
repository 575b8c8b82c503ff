"""Where a result is to go is tried before the work begins, by every command that writes one."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from edgeagent.cli.root import cli
from edgeagent.command_output import OutputDirectory, OutputFile
from edgeagent.errors import OutputError
from model_export.cli import main as model_export
from server_stub.cli import main as server_stub
from tests.cli.command_tree import commands_of

FILES = [
    (server_stub, ["estimate", "--repository=r", "--parquet"]),
    (server_stub, ["backup"]),
    (model_export, ["train", "--out"]),
    (model_export, ["segments", "model.npz", "--map"]),
    (cli, ["export"]),
    (cli, ["disclosures", "export"]),
]
DIRECTORIES = [
    (server_stub, ["demo"]),
    (server_stub, ["deb", "--wheel=w", "--out"]),
    (model_export, ["export", "model.npz", "--out"]),
    (server_stub, ["repo", "publish", "exported", "--keys=k", "--repository"]),
    (server_stub, ["repo", "init", "--repository=r", "--keys"]),
    (cli, ["service", "deb", "--wheel=w", "--out"]),
    (cli, ["simulate", "--out"]),
    (cli, ["simulate", "fleet", "--out"]),
    (cli, ["simulate", "sweep", "--out"]),
]


READ = {
    *("before_file", "candidates_file", "catalogue", "counts_file", "draft", "files"),
    *("holdout_file", "keys", "manifest_file", "mapping", "model_file", "new", "page_portrait"),
    *("passphrase_file", "path", "portrait_file", "previous", "prior_file", "ratings"),
    *("requirements", "root_keys", "root_passphrase_file", "shipped", "slots_file", "source"),
    *("repository", "task_file", "wheel"),
}
"""Parameters that name what is there already, by their names in code."""
KEPT = {"config_file", "directory", "home", "page_token", "socket", "spool", "store"}
"""Where a program keeps what is its own, whichever command is run."""
HIDDEN = {"man_pages"}
"""For those who build packages."""


def path_parameters() -> Iterator[tuple[str, click.Parameter]]:
    """Yield each parameter of all programs that names a place which need not be there."""
    for program in (cli, model_export, server_stub):
        for path, command in commands_of(program):
            for parameter in command.params:
                kind = parameter.type
                if isinstance(kind, click.Path) and not kind.exists:
                    yield " ".join((program.name or "", *path, parameter.name or "")), parameter


def test_a_place_that_is_written_to_is_tried_first_by_every_command() -> None:
    """The rule of all: a file's directory has to be there, a directory is made."""
    untried = {
        name
        for name, parameter in path_parameters()
        if not isinstance(parameter.type, (OutputDirectory, OutputFile))
        and parameter.name not in READ | KEPT | HIDDEN
    }
    assert untried == set()


def refusal(program: click.Group, words: list[str], place: Path, home: Path) -> str:
    before = ["--home", str(home)] if program is cli else []
    result = CliRunner().invoke(program, [*before, *words, str(place)])
    assert result.exit_code == OutputError.exit_code, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert not home.exists()
    return lines[0]


@pytest.mark.parametrize(("program", "words"), FILES)
def test_a_file_in_a_directory_that_is_not_there(
    program: click.Group, words: list[str], tmp_path: Path
) -> None:
    said = refusal(program, words, tmp_path / "none" / "file.png", tmp_path / "home")
    assert f"none/file.png cannot be written: there is no directory {tmp_path}/none" in said
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("program", "words"), [*FILES, *DIRECTORIES])
def test_a_place_below_a_file(program: click.Group, words: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refusal(program, words, tmp_path / "file" / "x.png", tmp_path / "home")
    assert "Not a directory" in said


@pytest.mark.parametrize(("program", "words"), [*FILES, *DIRECTORIES])
def test_where_nobody_may_make_a_file(
    program: click.Group, words: list[str], tmp_path: Path
) -> None:
    refusal(program, words, Path("/proc/self/fdinfo/x.png"), tmp_path / "home")


def test_a_place_that_can_be_written_to_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    for kind, name in ((OutputFile(), "old"), (OutputFile(), "new"), (OutputDirectory(), "a/b")):
        assert kind.convert(str(tmp_path / name), None, None) == tmp_path / name
    assert OutputFile().convert("/dev/null", None, None) == Path("/dev/null")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "old"


def test_a_file_that_may_not_be_written() -> None:
    kind = OutputFile()
    with pytest.raises(OutputError, match="cannot be written"):
        kind.convert("/proc/version", None, None)


@pytest.mark.parametrize(("program", "words"), FILES)
def test_a_place_without_room_is_refused_before_the_work(
    program: click.Group, words: list[str], tmp_path: Path
) -> None:
    assert "No space left" in refusal(program, words, Path("/dev/full"), tmp_path / "home")


@pytest.mark.parametrize("kind", [OutputFile(), OutputDirectory()])
def test_a_file_system_that_takes_no_byte_is_refused(kind: click.Path, tmp_path: Path) -> None:
    """As where the last block is gone: the file can be made, and not written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(OutputError, match="File too large"):
            kind.convert(str(tmp_path / "new"), None, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a file of another user")
def test_a_file_of_somebody_else_in_a_directory_of_ours() -> None:
    directory = Path(tempfile.mkdtemp())
    os.chown(directory, 65534, 65534)
    (directory / "theirs").touch(mode=0o644)
    os.setresuid(65534, 65534, 0)
    try:
        with pytest.raises(OutputError, match="it may not be written"):
            OutputFile().convert(str(directory / "theirs"), None, None)
    finally:
        os.setresuid(0, 0, 0)
        shutil.rmtree(directory)


@pytest.mark.parametrize(("program", "words"), FILES)
def test_an_empty_name_is_refused_before_the_work(
    program: click.Group, words: list[str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    before = ["--home", str(home)] if program is cli else []
    result = CliRunner().invoke(program, [*before, *words, ""])
    assert result.exit_code == click.UsageError.exit_code
    assert "it is empty: name a file" in result.stderr
    assert not home.exists()
