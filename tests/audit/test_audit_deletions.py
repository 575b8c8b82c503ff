"""That the audit of deletions sees what it is there to see: each fault is planted and caught."""

from __future__ import annotations

from typing import Any

import pytest

from edgeagent.errors import StorageError
from edgeagent.services.household.title_marks import TitleMarks
from edgeagent.services.upkeep import erasure
from edgeagent.services.upkeep.erasure import Erasure
from edgeagent.store import EVERYTHING, LedgerStore, reach
from edgeagent.store import deletions as store_deletions
from tests.audit.deletions import (
    ACTS,
    after_a_preview,
    betrayals,
    deletions,
    disorders,
    while_counted,
    while_waiting,
)
from tests.audit.part import Effort

WATCHED, NOT_WATCHED, *_ = ACTS
QUICK = Effort(full=False, say=lambda _line: None)


def test_nobody_who_deletes_is_betrayed() -> None:
    result = deletions(QUICK)
    assert result.ok, result.wrong


def test_a_booking_that_does_not_ask_again_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    book = LedgerStore.book

    def books(self: LedgerStore, *, still: object, **row: Any) -> bool:
        del still
        return book(self, **row)

    monkeypatch.setattr(LedgerStore, "book", books)
    for act in (WATCHED, NOT_WATCHED):
        assert any("booked all the same" in line for line in betrayals(act, while_counted))


def test_silence_after_a_hit_alone_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    forget = TitleMarks.forget

    def forgets(self: TitleMarks, entity_id: str, *, profile: str) -> int:
        if any(v.entity_id == entity_id for v in self._history.window(profile)):
            return forget(self, entity_id, profile=profile)
        return self._history.forget(profile, entity_id)

    monkeypatch.setattr(TitleMarks, "forget", forgets)
    assert betrayals(WATCHED, while_counted, while_waiting) == []
    assert len(betrayals(NOT_WATCHED, while_counted, while_waiting)) == 3


def test_a_preview_that_outlives_a_deletion_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_deletions, "drop_previews", lambda *_args, **_fields: None)
    (kept,) = betrayals(NOT_WATCHED, after_a_preview)[:1]
    assert "of which the key is kept" in kept


def test_an_erasure_without_a_place_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "Reach", lambda **_fields: EVERYTHING)
    assert disorders() == ["an erasure that was refused deletes what came after it"]


def test_an_erasure_that_is_dropped_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    erase = Erasure._erase

    def drops(self: Erasure, *scope: Any, **fields: Any) -> object:
        if self._waiting():
            raise StorageError("in use", hint="planted")
        return erase(self, *scope, **fields)

    monkeypatch.setattr(Erasure, "_erase", drops)
    assert disorders() == ["an erasure that was refused while another waits is never carried out"]


def test_a_name_taken_for_a_person_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LedgerStore, "append_rename", lambda *_args, **_fields: None)
    assert disorders() == ["a withdrawal of one who had the name before reaches who has it now"]


def test_order_by_seconds_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reach._CONDITIONS, "title_marks", "marked_at <= ?3 AND ?2")
    assert disorders() == [
        "a title that was hidden in the second of a withdrawal comes back",
    ]
