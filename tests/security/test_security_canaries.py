"""Planted titles: in no file while they are kept, in no decrypted page once they are deleted."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from edgeagent.consent import Purpose
from edgeagent.messages import Pick, Picks
from edgeagent.store import Home
from edgeagent.store.keys import open_data_key
from edgeagent.testing.box import NOW, Box
from edgeagent.testing.decrypt import decrypt_database, decrypt_log

CANARY = "Canary of Portmeirion 71"


def _spellings(text: str) -> tuple[bytes, ...]:
    raw = text.encode()
    return (
        raw,
        text.encode("utf-16-le"),
        raw.hex().encode(),
        raw.hex().upper().encode(),
        # base64 at each of the three alignments, without the characters that depend on neighbours
        *(base64.b64encode(bytes(shift) + raw)[4:-4] for shift in range(3)),
    )


def _found_in(data: bytes) -> bool:
    return any(spelling in data for spelling in _spellings(CANARY))


def _decrypted(box: Box) -> dict[str, bytes]:
    """Return every file as someone with the keys sees it: pages, free pages, log frames."""
    files = box.files()
    for name in ("history", "ledger"):
        key = open_data_key(
            box.directory / f"{name}.key", database=name, provider=box.provider
        ).reveal()
        salt = files[f"{name}.db"][:16]
        files[f"{name}.db"] = decrypt_database(files[f"{name}.db"], key)
        files[f"{name}.db-wal"] = b"".join(decrypt_log(files[f"{name}.db-wal"], key, salt))
    return files


def _canaries(files: dict[str, bytes]) -> set[str]:
    return {name for name, data in files.items() if _found_in(data)}


@pytest.fixture
def home(box: Box) -> Home:
    """Many viewings with canaries among them, a pick and a mark that name one."""
    opened = box.open()
    events = [box.event(f"title {number}", NOW + number) for number in range(400)]
    events += [box.event(CANARY, NOW + number) for number in range(0, 400, 25)]
    opened.history.add(events, box.grant())
    pick = Pick(
        entity_id=CANARY,
        title=CANARY,
        kind="film",
        year=None,
        genres=(),
        score=1.0,
        reasons=(),
    )
    picks = Picks(picks=(pick,), segment_probabilities=(1.0,), score_spread=1.0)
    opened.history.save_picks(picks, box.grant(Purpose.PERSONALIZATION), made_at=NOW)
    opened.history.set_mark("main", CANARY, "not_reason", at=NOW)
    return opened


def test_kept_canaries_are_in_no_file_as_it_lies_there(box: Box, home: Home) -> None:
    assert home.history.page("main", entity_id=CANARY)
    assert _canaries(box.files()) == set()
    home.history._database.checkpoint()
    assert _canaries(box.files()) == set()
    # The scan would find them, as anyone with the keys can.
    assert _canaries(_decrypted(box)) == {"history.db"}


def test_a_planted_leak_is_found(box: Box, home: Home) -> None:
    del home
    for leak in (
        CANARY.encode(),
        CANARY.encode("utf-16-le"),
        base64.b64encode(b"x" + CANARY.encode()),
        CANARY.encode().hex().encode(),
    ):
        (box.directory / "log").write_bytes(b"2026-09-21 watched " + leak + b"\n")
        assert _canaries(box.files()) == {"log"}


def _forget(home: Home) -> None:
    home.history.forget("main", CANARY)


def _purge(home: Home) -> None:
    home.history.purge("main")


def _prune(home: Home) -> None:
    home.history.clear_mark("main", CANARY, "not_reason")
    home.history.prune(NOW + 1000)


@pytest.mark.parametrize("delete", [_forget, _purge, _prune])
def test_deleted_canaries_are_in_no_decrypted_page_or_frame(
    box: Box, home: Home, delete: Callable[[Home], None]
) -> None:
    assert "history.db-wal" in _canaries(_decrypted(box))
    delete(home)
    assert _canaries(_decrypted(box)) == set()


def test_without_overwriting_the_scan_finds_what_was_deleted(box: Box, home: Home) -> None:
    home.history._database.read("PRAGMA secure_delete = OFF")
    _purge(home)
    home.history._database.checkpoint()
    # Pages were given back to the file system; within those that remain, the old bytes show.
    home.history._database.read("PRAGMA secure_delete = OFF")
    home.history.add([box.event(CANARY), box.event("title")], box.grant())
    home.history.forget("main", CANARY)
    assert _canaries(_decrypted(box)) == {"history.db"}


def test_a_removed_profile_leaves_nothing(box: Box) -> None:
    home = box.open()
    home.history.create_profile(CANARY, kind="adult", at=NOW)
    home.history.add([box.event(CANARY, profile=CANARY)], box.grant(profile=CANARY))
    home.history.remove_profile(CANARY)
    assert _canaries(_decrypted(box)) == set()


def test_remains_of_a_killed_deletion_go_when_the_history_opens(box: Box, home: Home) -> None:
    # Deleted and committed, then the power went before the log was truncated.
    with home.history._database.transaction() as connection:
        for table in ("events", "last_picks", "title_marks"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  (our own tables)
    assert _canaries(_decrypted(box)) == {"history.db-wal"}
    assert box.open().history.count("main") == 0
    assert _canaries(_decrypted(box)) == set()
