from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from server_stub.ingest.json_log import log_as_json


@pytest.fixture(autouse=True)
def root_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_json()
    logging.getLogger("room").warning("of %d things\none", 3)
    logging.getLogger("room").info("not this")
    assert lines(capsys) == [{"level": "warning", "logger": "room", "message": "of 3 things\none"}]


def test_of_an_error_the_place_is_said_and_not_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_as_json()
    try:
        int("agent-marker")
    except ValueError:
        logging.getLogger("room").exception("failed")
    (line,) = lines(capsys)
    assert line["error"] == "ValueError"
    assert line["at"].startswith(f"{__name__}:")
    assert "marker" not in str(line)
