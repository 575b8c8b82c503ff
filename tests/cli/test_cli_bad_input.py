"""Bad input: one line, the way out, an exit code of the table, nothing lost, no traceback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeagent.cli.root import cli
from model_export.cli import main as model_export_cli
from server_stub.cli import main as server_stub_cli
from tests.publishing import Publisher

MOVIES = "movieId,title,genres\n1,Toy Story (1995),Comedy\n"


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), *arguments])


def complaint(result: Result, exit_code: int) -> str:
    """Check the form of a complaint and return it."""
    assert result.exit_code == exit_code, result.output
    error, way_out = result.stderr.strip().splitlines()[-2:]
    assert error.startswith("error: ")
    assert way_out.startswith("  try: ")
    assert "Traceback" not in result.stderr
    return error


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A box with one viewing in it."""
    directory = tmp_path / "home"
    assert run(directory, "consent", "grant", "history", "personalization").exit_code == 0
    assert run(directory, "history", "add", "t:1").exit_code == 0
    return directory


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        (None, "missing"),
        ("userId,movieId,rating,timestamp\n", "no ratings"),
        ("userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,1,4.", "line 3"),
        ("userId,movieId,rating,timestamp\n1,99,4.0,964982703\n", "line 2"),
        ("userId,movieId,rating,timestamp\n1,1,4.0,yesterday\n", "line 2"),
    ],
)
def test_ratings_that_cannot_be_used(tmp_path: Path, ratings: str | None, expected: str) -> None:
    (tmp_path / "movies.csv").write_text(MOVIES)
    if ratings is not None:
        (tmp_path / "ratings.csv").write_text(ratings)
    out = tmp_path / "out"
    result = run(tmp_path / "h", "simulate", "--ratings", str(tmp_path), "--out", str(out))
    error = complaint(result, 3)
    assert expected in error
    assert "ratings.csv" in error


def test_a_directory_that_is_neither_form(tmp_path: Path) -> None:
    result = run(tmp_path, "simulate", "--ratings", str(tmp_path))
    assert "not a MovieLens directory" in complaint(result, 3)
    assert "ratings.dat" in result.stderr
    assert "is not a directory" in complaint(
        run(tmp_path, "simulate", "--ratings", str(tmp_path / "nowhere")), 3
    )


def test_a_wrong_key(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    run(other, "job", "prepare")
    shutil.copy(other / "kek", home / "kek")
    assert "key" in complaint(run(home, "history", "list"), 5)


def test_a_database_that_is_not_ours(home: Path) -> None:
    for name in ("history.db-wal", "history.db-shm", "history.db"):
        (home / name).unlink(missing_ok=True)
    with sqlite3.connect(home / "history.db") as plain:
        plain.execute("CREATE TABLE recipes (name TEXT)")
    plain.close()
    before = (home / "history.db").read_bytes()
    assert "history.db" in complaint(run(home, "history", "list"), 5)
    assert (home / "history.db").read_bytes() == before


def test_an_unknown_entity_stores_nothing(
    home: Path, publisher: Publisher, server_url: str
) -> None:
    (home / "config.toml").write_text(
        f'server_url = "{server_url}"\nscorer = "resident"\n'
        f'trusted_root = "{publisher.repository / "root.json"}"\n'
    )
    assert run(home, "model", "update").exit_code == 0
    assert "'t:2' is not in the catalogue" in complaint(run(home, "history", "add", "t:2"), 3)
    assert "1 of 1 viewing of profile" in run(home, "history", "list").stdout


@pytest.mark.parametrize("progress", ["1.5", "-0.1", "nan"])
def test_progress_out_of_range(home: Path, progress: str) -> None:
    error = complaint(run(home, "history", "add", "t:1", f"--progress={progress}"), 3)
    assert "progress_fraction" in error
    assert "1 of 1 viewing of profile" in run(home, "history", "list").stdout


@pytest.mark.parametrize("none", ["tonight", "0001-01-01T00:00+05:00", "9999-12-31T23:59-05:00"])
def test_a_time_that_is_none(home: Path, tmp_path: Path, none: str) -> None:
    result = run(home, "history", "add", "t:1", "--at", none)
    assert f"{none!r} is not a time" in complaint(result, 3)
    files = ("--store", str(tmp_path / "new"), "--repository", str(tmp_path))
    result = CliRunner().invoke(server_stub_cli, ["serve", *files, "--at", none])
    assert (result.exit_code, f"{none!r} is not like" in result.stderr) == (2, True)


def test_consent_first(tmp_path: Path) -> None:
    assert "history is not granted" in complaint(run(tmp_path, "history", "add", "t:1"), 4)


def test_no_model_no_server_no_root(home: Path) -> None:
    assert "no model" in complaint(run(home, "recommend"), 6)
    assert "server_url" in complaint(run(home, "model", "update"), 3)
    server = 'server_url = "https://models.example"\n'
    (home / "config.toml").write_text(server)
    assert "trusted_root" in complaint(run(home, "model", "update"), 3)
    (home / "config.toml").write_text(server + 'trusted_root = "root.json"\n')
    assert "root.json" in complaint(run(home, "model", "update"), 3)
    (home / "config.toml").write_text('server_url = "http://models.example"\n')
    assert "not encrypted" in complaint(run(home, "report", "send"), 3)


def test_settings_that_are_wrong(home: Path) -> None:
    (home / "config.toml").write_text("retention_days = 1000\n")
    assert "retention_days" in complaint(run(home, "history", "list"), 3)


def test_a_server_that_is_not_there(home: Path, publisher: Publisher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    _configure(home, publisher, port)
    assert f"127.0.0.1:{port}" in complaint(run(home, "model", "update"), 7)


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a": 1}\n',
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"\x16\x03\x01 not even HTTP",
        b"",
    ],
)
def test_a_server_that_answers_nonsense(home: Path, publisher: Publisher, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)

        thread = threading.Thread(target=babble)
        thread.start()
        _configure(home, publisher, listener.getsockname()[1])
        complaint(run(home, "model", "update"), 7)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _configure(home: Path, publisher: Publisher, port: int) -> None:
    (home / "config.toml").write_text(
        f'server_url = "http://127.0.0.1:{port}"\n'
        f'trusted_root = "{publisher.repository / "root.json"}"\n'
    )


def test_a_port_in_use(publisher: Publisher, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = ["serve", "--repository", str(publisher.repository)]
        arguments += ["--store", str(tmp_path / "s.db"), "--port", str(taken.getsockname()[1])]
        assert "in use" in complaint(CliRunner().invoke(server_stub_cli, arguments), 7)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    try:
        home = small / "home"
        assert run(home, "consent", "grant", "history").exit_code == 0
        stored = 0
        _fill(small / "ballast")
        for number in range(200):
            result = run(home, "history", "add", f"t:{number}")
            if result.exit_code:
                break
            stored += 1
        complaint(result, 5)
        (small / "ballast").unlink()
        assert f"of {stored} viewings" in run(home, "history", "list").stdout
        assert run(home, "history", "add", "t:after").exit_code == 0
    finally:
        subprocess.run(["umount", str(small)], check=True)


def _fill(ballast: Path) -> None:
    """Leave a few pages of the file system free."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * 4096):
            pass
    os.truncate(ballast, ballast.stat().st_size - 6 * 4096)


def test_the_program_itself_ends_with_the_exit_code(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "edgeagent", "--home", str(tmp_path), "recommend"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 4
    _, said = result.stderr.split("\n", 1)  # the first line says that there is no box yet
    assert said.startswith("error: personalization is not granted")


KEPT = ("kek", "history.key", "ledger.key", "ledger.anchor", "history.db", "ledger.db")


@pytest.mark.parametrize("name", [*KEPT, "history.db-wal", "ledger.db-wal"])
def test_a_pipe_in_place_of_a_file_of_the_home_is_not_waited_for(home: Path, name: str) -> None:
    (home / name).unlink(missing_ok=True)
    os.mkfifo(home / name)
    assert "not a regular file" in complaint(run(home, "consent", "show"), 5)


def test_what_is_no_regular_file_is_refused_wherever_a_file_is_named(
    home: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in ("/dev/zero", str(tmp_path / "pipe")):
        for arguments in (
            ("config", "check", place),
            ("--config", place, "history", "list"),
            ("privacy", "assess", "--prior", place),
            ("import", place),
        ):
            assert "not a regular file" in complaint(run(home, *arguments), 3)
        for exporter in (("inspect",), ("segments",), ("train", "--ratings"), ("export",)):
            result = CliRunner().invoke(model_export_cli, [*exporter, place])
            assert "not a regular file" in complaint(result, 3)
        result = CliRunner().invoke(
            server_stub_cli,
            ["estimate", "--store", "x", "--repository", str(tmp_path), "--task", place],
        )
        assert "not a regular file" in complaint(result, 3)


def test_a_key_file_of_another_length_or_kind_is_named(home: Path) -> None:
    (home / "kek").write_bytes(b"")
    assert f"{home / 'kek'}: a key has 32 bytes" in complaint(run(home, "consent", "show"), 5)
    (home / "kek").unlink()
    (home / "kek").mkdir()
    assert "Is a directory" in complaint(run(home, "consent", "show"), 5)


def test_a_receipt_of_nobody_is_refused(home: Path) -> None:
    assert "nobody" in complaint(run(home, "consent", "receipt", "--profile", "nobody"), 3)
    assert run(home, "consent", "receipt", "--profile", "main").exit_code == 0
    assert run(home, "profile", "create", "new").exit_code == 0
    assert run(home, "consent", "receipt", "--profile", "new").exit_code == 0
    assert run(home, "consent", "grant", "history", "--profile", "new").exit_code == 0
    assert run(home, "profile", "remove", "new", "--yes").exit_code == 0
    assert run(home, "consent", "receipt", "--profile", "new").exit_code == 0


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["promo", "choose", "../x"], "a-z, 0-9, and after the first also - and _; 32 at most"),
        (["promo", "hide", "Ä"], "a-z, 0-9, and after the first also - and _; 64 at most"),
        (["profile", "create", "x" * 65], "1 to 64 printable characters"),
    ],
)
def test_a_name_that_is_refused_is_told_what_is_allowed(
    home: Path, words: list[str], allowed: str
) -> None:
    refused = run(home, *words)
    assert "is not a valid" in complaint(refused, 3)
    assert f"\n  try: {allowed}\n" in refused.stderr


def test_a_file_that_is_no_export_is_named(home: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("<html>")
    refused = complaint(run(home, "import", str(page)), 3)
    assert f"{page} is no export: " in refused
