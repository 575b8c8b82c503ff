"""The lines that the API's page shows go over the wire as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.api.running import Running

PAGE = Path(__file__).parents[3] / "edgeagent" / "api" / "README.md"
BLOCKS = dict(
    re.findall(r"<!-- wire: (.+?) -->\n```text\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL)
)


def test_there_are_both_classes_and_both_protocols() -> None:
    assert set(BLOCKS) == {"app", "manage", "manage RPCv2"}


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_each_line_is_what_the_service_answers(running: Running, name: str) -> None:
    with running.line() as manager:
        manager.result("EdgeAgent.grant", {"purpose": "history"})
    caller, _, protocol = name.partition(" ")
    query = [f"token={running.token}"] if caller == "manage" else []
    query += ["RPCv2=true"] if protocol else []
    with running.websocket(f"?{'&'.join(query)}") as client:
        for line in BLOCKS[name].splitlines():
            arrow, message = line.split(" ", 1)
            if arrow == "→":
                client.send(message.encode())
            else:
                assert client.receive() == json.loads(message)
