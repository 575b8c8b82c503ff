"""An independent reader: the file is what SQLCipher 4 documents, encrypted under our raw key."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import pytest

from edgeagent.errors import Damaged
from edgeagent.store import FileKeyProvider
from edgeagent.store.keys import open_data_key
from edgeagent.testing.box import Box
from edgeagent.testing.decrypt import decrypt_database

PAGE, RESERVE = 4096, 80
TITLE = "The Planted Lighthouse"


def _data_key(box: Box, database: str) -> bytes:
    return open_data_key(
        box.directory / f"{database}.key",
        database=database,
        provider=FileKeyProvider(box.directory / "kek"),
    ).reveal()


@pytest.fixture
def filled(box: Box) -> Box:
    home = box.open()
    home.history.add([box.event(TITLE, number) for number in range(300)], box.grant())
    home.ledger.append_consent(box.decision())
    box.close()
    return box


def test_standard_sqlite_reads_what_the_independent_reader_decrypts(
    filled: Box, tmp_path: Path
) -> None:
    for database, query, expected in (
        ("history", "SELECT count(*), min(entity_id) FROM events", (300, TITLE)),
        ("ledger", "SELECT count(*), min(profile) FROM consents", (1, "main")),
    ):
        data = (filled.directory / f"{database}.db").read_bytes()
        plain = tmp_path / f"{database}.plain"
        plain.write_bytes(decrypt_database(data, _data_key(filled, database)))
        connection = sqlite3.connect(plain)
        assert connection.execute(query).fetchone() == expected
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


def test_the_two_databases_have_different_keys(filled: Box) -> None:
    data = (filled.directory / "history.db").read_bytes()
    with pytest.raises(Damaged, match="page 1"):
        decrypt_database(data, _data_key(filled, "ledger"))


def test_standard_sqlite_cannot_read_the_store(filled: Box) -> None:
    for database in ("history", "ledger"):
        connection = sqlite3.connect(filled.directory / f"{database}.db")
        with pytest.raises(sqlite3.DatabaseError, match="not a database"):
            connection.execute("SELECT * FROM sqlite_schema").fetchall()
        connection.close()


def test_no_file_holds_a_title_a_table_name_or_a_pattern(box: Box) -> None:
    home = box.open()
    home.history.add([box.event(TITLE, number) for number in range(300)], box.grant())
    files = box.files()  # while open: the write-ahead log is there, too
    assert files["history.db-wal"]
    for name, data in files.items():
        for clear in (TITLE.encode(), TITLE.encode("utf-16-le"), b"CREATE TABLE", b"events"):
            assert clear not in data, name
    # Cipher text does not compress; the 24 clear bytes of each frame's header are 0.6 %.
    pages = files["history.db-wal"]
    assert len(zlib.compress(pages, 9)) > 0.98 * len(pages)


def test_a_flipped_bit_anywhere_in_a_page_fails_its_hmac(filled: Box) -> None:
    data = bytearray((filled.directory / "history.db").read_bytes())
    key = _data_key(filled, "history")
    for offset in (0, 20, PAGE - RESERVE, PAGE - 1, PAGE, 2 * PAGE + 77, len(data) - 1):
        data[offset] ^= 0x10
        with pytest.raises(Damaged, match="does not verify"):
            decrypt_database(bytes(data), key)
        data[offset] ^= 0x10
    assert decrypt_database(bytes(data), key)
