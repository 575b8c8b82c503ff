"""``edgeagent config``, ``service`` and ``serve``, as an integrator types them."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import socket as sockets
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeagent.api.endpoint import Listening, default_socket, manager_token, note_port
from edgeagent.api.transport.unix_server import prepare_directory
from edgeagent.cli.root import cli
from edgeagent.cli.serve import _say as say
from edgeagent.config import Config
from edgeagent.testing.randomness import SeededRandomSource


def run(home: Path, *words: str) -> Result:
    environment = {"XDG_RUNTIME_DIR": str(home.parent)}
    return CliRunner().invoke(cli, ["--home", str(home), *words], env=environment)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_settings_are_shown_as_they_could_be_written(home: Path) -> None:
    (home / "config.toml").write_text(
        'retention_days = 30\n[service.profile_flags]\nuserExperience = "1000"\n'
    )
    output = run(home, "config", "show").output
    assert output.startswith(f"# from {home / 'config.toml'}\n")
    shown = tomllib.loads(output)
    assert shown["retention_days"] == 30
    assert shown["service"]["profile_flags"] == {"userExperience": "1000"}
    (home / "config.toml").write_text(run(home, "config", "show").output)
    assert tomllib.loads(run(home, "config", "show").output) == shown
    assert json.loads(run(home, "config", "show", "--json").output)["retention_days"] == 30


def test_settings_are_checked(home: Path) -> None:
    assert "defaults" in run(home, "config", "check").output
    assert run(home, "config", "show").output.startswith("# no settings file: defaults\n")
    (home / "config.toml").write_text("retention_days = 30\n")
    checked = run(home, "config", "check").output
    assert "config.toml: good\n" in checked
    assert "safer    retention_days: viewings are kept for 30 days only" in checked
    assert json.loads(run(home, "config", "check", "--json").output)["ok"] is True
    (home / "config.toml").write_text("retention_days = 3\n")
    wrong = run(home, "config", "check")
    assert wrong.exit_code == 3
    assert "retention_days" in wrong.output
    (home / "config.toml").write_text('language = "xx"\n')
    assert run(home, "config", "check").exit_code == 3
    assert Config().language == "en"


def test_new_settings_are_weighed_before_the_service_takes_them(home: Path) -> None:
    (home / "config.toml").write_text('retention_days = 30\nreport_max_odds = "3/2"\n')
    new = home.parent / "new.toml"
    new.write_text("retention_days = 200\nreports = false\n")
    files = set(home.iterdir())
    said = run(home, "config", "check", str(new)).output
    assert "riskier  retention_days: viewings are kept for 200 days, not 90" in said
    assert "(was 30)" in said
    assert "riskier  report_max_odds: the default (was " in said
    assert "safer    reports: no report is drawn" in said
    assert set(home.iterdir()) == files  # no box is made in order to weigh one
    run(home, "consent", "grant", "history")
    said = run(home, "config", "check", str(new)).output
    assert "What it costs" in said
    assert "together riskier than the defaults" in said
    weighed = json.loads(run(home, "config", "check", str(new), "--json").output)
    assert weighed["riskier_than_default"] is True
    assert weighed["changes"][0] | {"words": ""} == {
        "setting": "retention_days",
        "before": 30,
        "after": 200,
        "direction": "riskier",
        "words": "",
    }
    assert weighed["assessment"]["budget"]["epsilon_limit_report"] == pytest.approx(
        1.0986, abs=1e-3
    )
    assert tomllib.loads(run(home, "config", "show").output)["retention_days"] == 30
    new.write_text("retention_days = 3\n")
    assert run(home, "config", "check", str(new)).exit_code == 3


def test_the_endpoint_is_its_owners(home: Path) -> None:
    assert run(home, "service", "endpoint").exit_code == 7
    socket = default_socket(home, {"XDG_RUNTIME_DIR": str(home.parent)})
    prepare_directory(socket.parent)
    token = manager_token(socket.parent, SeededRandomSource("endpoint"))
    gone = run(home, "service", "endpoint")
    assert (gone.exit_code, "nobody listens" in gone.stderr) == (7, True)
    with sockets.socket(sockets.AF_UNIX) as listening:
        listening.bind(str(socket))
        listening.listen()
        found = json.loads(run(home, "service", "endpoint", "--ws-port", "4000", "--json").output)
        assert found["socket"] == str(socket)
        assert found["app"] == "ws://127.0.0.1:4000/"
        assert found["manage"] == f"ws://127.0.0.1:4000/?token={token}"
        assert run(home, "service", "endpoint").output == f"socket  {socket}\n"
        note_port(socket.parent, 4001)
        noted = run(home, "service", "endpoint").output
        assert (
            f"app     ws://127.0.0.1:4001/\nmanage  ws://127.0.0.1:4001/?token={token}\n" in noted
        )


def test_a_service_says_where_it_listens_and_tells_a_log_no_secret(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "socket"
    say(Listening(socket=path, websocket_port=None, dashboard_port=None))
    assert capsys.readouterr().err == f"unix socket: {path}\n"
    say(Listening(socket=path, websocket_port=4000, dashboard_port=4001))
    assert capsys.readouterr().err.splitlines()[1:] == [
        "WebSocket: ws://127.0.0.1:4000/",
        "dashboard: http://127.0.0.1:4001/, by a link of 'edgeagent dashboard'",
    ]


def test_a_service_says_the_link_of_its_dashboard_at_a_terminal(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager_token(home, SeededRandomSource("link"))
    screen, terminal = os.openpty()
    with os.fdopen(screen, "rb") as shown, os.fdopen(terminal, "w") as stderr:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stderr)
            say(Listening(socket=home / "socket", websocket_port=None, dashboard_port=4001))
        shown.readline()
        line = shown.readline().decode()
    assert re.search(r"for ten minutes: http://127\.0\.0\.1:4001/open\?key=\d+\.[0-9a-f]+", line)


class _Full(io.StringIO):
    def write(self, text: str, /) -> int:
        raise OSError(errno.ENOSPC, text)


def test_a_service_runs_on_where_nobody_reads_what_it_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", _Full())
        say(Listening(socket=home / "socket", websocket_port=None, dashboard_port=None))


def test_the_files_to_install_are_listed(home: Path) -> None:
    listed = run(home, "service", "files").output.split()
    assert all(Path(path).is_file() for path in listed)
    found = json.loads(run(home, "service", "files", "--json").output)
    assert found["files"] == listed
    assert any(path.endswith("edgeagent.service") for path in listed)


def test_a_package_is_not_built_from_nothing(home: Path) -> None:
    missing = run(home, "service", "deb", "--wheel", str(home / "none.whl"))
    assert missing.exit_code == 3
    assert "pip wheel" in missing.output


def test_serving_says_what_is_in_the_way(home: Path) -> None:
    (home / "taken").mkdir()
    (home / "taken" / "socket").mkdir()
    refused = run(home, "serve", "--no-ws", "--socket", str(home / "taken" / "socket" / "x" / "\0"))
    assert refused.exit_code != 0
