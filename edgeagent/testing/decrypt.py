"""An independent reader of SQLCipher 4 files, for tests that look at pages instead of rows.

Written from the format's description, without SQLCipher: pages of 4096 bytes, each ending in an IV
(16 bytes) and an HMAC-SHA512 (64 bytes) over cipher text, IV and page number (little-endian).
The first 16 bytes of the file are the salt, from which, XOR 0x3a, the HMAC key is derived from the
raw key with 2 iterations of PBKDF2-HMAC-SHA512. The cipher is AES-256-CBC.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from edgeagent.errors import Damaged

__all__ = ["decrypt_database", "decrypt_log"]

_PAGE, _SALT, _IV, _MAC = 4096, 16, 16, 64
_LOG_HEADER, _FRAME_HEADER = 32, 24


def decrypt_database(data: bytes, key: bytes) -> bytes:
    """Return the plain SQLite file that an encrypted one holds.

    Raises:
        Damaged: the HMAC of a page does not verify under ``key`` [32].

    """
    pages = (data[start : start + _PAGE] for start in range(0, len(data), _PAGE))
    return b"".join(
        _decrypt_page(page, number, key, data[:_SALT]) for number, page in enumerate(pages, start=1)
    )


def decrypt_log(log: bytes, key: bytes, salt: bytes) -> Iterator[bytes]:
    """Yield the plain page of every frame in a write-ahead log, old frames included.

    Args:
        log: the ``-wal`` file.
        key: [32] the raw key.
        salt: [16] the first bytes of the database.

    Raises:
        Damaged: the HMAC of a page does not verify.

    """
    for start in range(_LOG_HEADER, len(log), _FRAME_HEADER + _PAGE):
        page_at = start + _FRAME_HEADER
        number = int.from_bytes(log[start : start + 4], "big")
        yield _decrypt_page(log[page_at : page_at + _PAGE], number, key, salt)


def _decrypt_page(page: bytes, number: int, key: bytes, salt: bytes) -> bytes:
    mac_key = hashlib.pbkdf2_hmac("sha512", key, bytes(byte ^ 0x3A for byte in salt), 2, 32)
    header = b"SQLite format 3\x00" if number == 1 else b""
    signed, mac = page[len(header) : -_MAC], page[-_MAC:]
    wanted = hmac.digest(mac_key, signed + number.to_bytes(4, "little"), "sha512")
    if not hmac.compare_digest(wanted, mac):
        raise Damaged(f"page {number} does not verify", hint="compare the key and the file")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(signed[-_IV:])).decryptor()
    plain = decryptor.update(signed[:-_IV]) + decryptor.finalize()
    return header + plain + bytes(_IV + _MAC)
