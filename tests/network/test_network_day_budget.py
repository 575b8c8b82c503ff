"""Bytes a day, across restarts."""

from __future__ import annotations

from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadError

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import NetworkError
from edgeagent.network.day_budget import DayBudget
from edgeagent.network.fetcher import HttpFetcher
from tests.network.hostile import serving
from tests.network.signed_repository import NOW
from tests.network.test_network_fetcher import WATCHFUL, answering

LIMIT = 10


def budget(file: Path, *, now: int = NOW) -> DayBudget:
    return DayBudget(file, limit_bytes=LIMIT, now=now)


def test_what_was_spent_is_known_after_a_restart_and_forgotten_on_another_day(
    tmp_path: Path,
) -> None:
    file = tmp_path / "downloaded.json"
    assert list(budget(file).counted(iter([b"1234", b"567890"]))) == [b"1234", b"567890"]
    with pytest.raises(NetworkError, match="10 bytes today"):
        budget(file).require()
    for another in (NOW + DAY_SECONDS, NOW - DAY_SECONDS):
        budget(file, now=another).require()


def test_what_arrived_before_an_error_counts(tmp_path: Path) -> None:
    file = tmp_path / "downloaded.json"
    chunks = budget(file).counted(iter([b"12345", b"1234567890"]))
    assert next(chunks) == b"12345"
    chunks.close()  # type: ignore[attr-defined]  # a generator, left in the middle
    again = budget(file).counted(iter([b"12345", b"1234567890"]))
    assert next(again) == b"12345"
    with pytest.raises(NetworkError):
        next(again)


@pytest.mark.parametrize("kept", [b"", b"nonsense", b"[]", b"x" * 5000])
def test_a_count_that_cannot_be_read_begins_at_nothing(tmp_path: Path, kept: bytes) -> None:
    file = tmp_path / "downloaded.json"
    file.write_bytes(kept)
    budget(file).require()


def test_a_spent_budget_asks_no_server(tmp_path: Path) -> None:
    spent = budget(tmp_path / "downloaded.json")
    fetcher = HttpFetcher(WATCHFUL, budget=spent)
    body = b"x" * LIMIT
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + body)) as seen:
        assert b"".join(fetcher.fetch(f"http://127.0.0.1:{seen.port}/a")) == body
    with pytest.raises(DownloadError, match="10 bytes today"):
        list(fetcher.fetch("http://127.0.0.1:1/a"))
