"""A home that an earlier version wrote, here, is opened by the present one, there."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.reporting_calendar import first_week_after_silence
from edgeagent.testing.box import Box
from tests.hil.board import Board, tar_of
from tests.store.test_store_migrations import EARLIER, store_as_earlier


@pytest.mark.parametrize(("name", "version"), EARLIER)
def test_an_old_home_opens_with_everything_in_it(
    board: Board, tmp_path: Path, name: str, version: int
) -> None:
    box = Box(tmp_path / "home")
    store_as_earlier(box, name, version)
    old = f"{board.place}/old-{name}-{version}"
    board.unpack(tar_of(box.files()), old)
    board.check(f"chmod 700 {old} && chmod 600 {old}/*")
    assert board.json(old, "history", "list")["count"] == 1
    assert len(board.json(old, "consent", "receipt")["records"]) == 1
    # The time was never known to it: it is silent for 13 weeks from whenever it asks.
    seconds = int(board.check("date +%s"))
    first_week = board.json(old, "report", "budget")["first_reportable_week"]
    assert first_week - first_week_after_silence(seconds) in {0, 1}
