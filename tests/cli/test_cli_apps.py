"""What each app told, and age limits, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from edgeagent.agent import Agent
from edgeagent.cli.root import cli
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent


def run(home: Path, *line: str) -> str:
    result = CliRunner().invoke(cli, ["--home", str(home), *line])
    assert result.exit_code == 0, result.output
    return result.output


def test_each_way_of_telling_has_its_words(tmp_path: Path) -> None:
    assert "no app has told" in run(tmp_path, "history", "apps")
    with Agent.open(tmp_path) as agent:
        agent.grant(Purpose.HISTORY)
        at = agent.clock.now() - 600
        for number, app in enumerate((None, "user:4294967290", "label:Nova", "websocket")):
            agent.record_watch(WatchEvent(entity_id=f"f:{number}", watched_on=at, app=app))
    told = run(tmp_path, "history", "apps")
    for words in ("no app: 1", "user 4294967290: 1", "app Nova: 1", "over the WebSocket: 1"):
        assert words in told
    apps = json.loads(run(tmp_path, "history", "apps", "--json"))["apps"]
    assert {each["viewings"] for each in apps} == {1}


def test_an_age_limit_is_shown_set_and_lifted(tmp_path: Path) -> None:
    run(tmp_path, "profile", "create", "anna")
    limit = ("profile", "age-limit", "anna")
    assert "no age limit" in run(tmp_path, *limit)
    assert "rated 12 or lower" in run(tmp_path, *limit, "--years", "12")
    assert json.loads(run(tmp_path, *limit, "--json"))["age_limit"] == 12
    assert "no age limit" in run(tmp_path, *limit, "--none")
    refused = CliRunner().invoke(cli, ["--home", str(tmp_path), *limit, "--none", "--years", "6"])
    assert refused.exit_code == 2
