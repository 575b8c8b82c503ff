"""Which user a connection on loopback is from: the kernel lists the owner of each socket."""

from __future__ import annotations

import sys
from ipaddress import IPv4Address
from pathlib import Path

__all__ = ["SOCKET_TABLES", "owner_of"]

SOCKET_TABLES = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
"""Some programs open an IPv6 socket for an IPv4 address."""
_MOST_BYTES = 256 * 1024
"""Read of each table: 1,700 sockets. With more, in a flood, the owner stays unknown."""
_LOCAL, _REMOTE, _OWNER = 1, 2, 7
_MAPPED = f"{'0' * 16}FFFF0000" if sys.byteorder == "little" else f"{'0' * 20}FFFF"


def owner_of(
    client: tuple[str, int], server: tuple[str, int], *, tables: tuple[Path, ...] = SOCKET_TABLES
) -> int | None:
    """Return the user that owns a client's end of a TCP connection within this machine, if known.

    Args:
        client: IPv4 address and port of that end.
        server: of the other one.
        tables: of the kernel's sockets.

    """
    wanted = {(prefix + _written(client), prefix + _written(server)) for prefix in ("", _MAPPED)}
    for table in tables:
        try:
            with table.open("rb") as lines:
                text = lines.read(_MOST_BYTES).decode("ascii")
        except OSError:
            continue
        for row in map(str.split, text.splitlines()[1:]):
            if len(row) > _OWNER and (row[_LOCAL], row[_REMOTE]) in wanted:
                return int(row[_OWNER])
    return None


def _written(end: tuple[str, int]) -> str:
    """Return an address as the kernel writes it: in the order of this machine's bytes."""
    number = int.from_bytes(IPv4Address(end[0]).packed, sys.byteorder)
    return f"{number:08X}:{end[1]:04X}"
