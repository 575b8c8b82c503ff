"""Find a planted text in any file of a home, in any encoding that a program may have written."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from edgeagent.store.home_files import DATABASES, data_key_file, database_file, log_of
from edgeagent.store.keys import KeyProvider, open_data_key
from edgeagent.testing.decrypt import decrypt_database, decrypt_log

__all__ = ["decrypted_files", "files_with", "spellings"]

_SALT_BYTES = 16
_LEAST_UNPACKED = 16
_ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_GZIP_HEADER = b"\x1f\x8b\x08"


def spellings(text: str) -> tuple[bytes, ...]:
    """Return how a text may lie in a file: UTF-8, UTF-16, hex, base64 at each alignment."""
    raws = (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"))
    found = list(raws)
    for raw in raws:
        found += [raw.hex().encode(), raw.hex().upper().encode()]
        for shift in range(3):
            # Without the characters that depend on the neighbours before and after.
            inner = base64.b64encode(bytes(shift) + raw)[4:-4]
            found += [inner, inner.translate(bytes.maketrans(b"+/", b"-_"))]
    return tuple(found)


def files_with(text: str, files: Mapping[str, bytes]) -> set[str]:
    """Return the names of the files that hold a text, plain or within a compressed part."""
    wanted = spellings(text)
    return {
        name
        for name, data in files.items()
        if any(spelling in part for part in (data, *_unpacked(data)) for spelling in wanted)
    }


def decrypted_files(directory: Path, provider: KeyProvider) -> dict[str, bytes]:
    """Return every file below ``directory`` as someone with the keys sees it.

    Databases are given page by page, free pages included, and write-ahead logs frame by frame, old
    frames included. A database whose key is gone is given as it lies there.
    """
    files = {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }
    for name in DATABASES:
        key_file = data_key_file(directory, name)
        database = database_file(directory, name).name
        log = log_of(directory / database).name
        if database not in files or not key_file.exists():
            continue
        key = open_data_key(key_file, database=name, provider=provider).reveal()
        salt = files[database][:_SALT_BYTES]
        files[database] = decrypt_database(files[database], key)
        if log in files:
            files[log] = b"".join(decrypt_log(files[log], key, salt))
    return files


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yield what zlib and gzip streams within ``data`` hold, wherever they begin."""
    for header in (*_ZLIB_HEADERS, _GZIP_HEADER):
        start = data.find(header)
        while start >= 0:
            yield from _inflated(data[start:], zlib.MAX_WBITS | 32)
            start = data.find(header, start + 1)
    yield from _inflated(data, -zlib.MAX_WBITS)  # a raw stream has no header: the whole file only


def _inflated(data: bytes, window_bits: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(window_bits)
    parts = []
    try:
        # In small steps, so that what comes before damage, or before the end of a page, is kept.
        for start in range(0, len(data), 64):
            parts.append(unpacker.decompress(data[start : start + 64]))
            if unpacker.eof:
                break
    except zlib.error:
        pass
    plain = b"".join(parts)
    if len(plain) >= _LEAST_UNPACKED:
        yield plain
