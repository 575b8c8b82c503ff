from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from edgeagent.api.transport.tcp_peer import owner_of

CLIENT, SERVER = ("127.0.0.1", 40000), ("127.0.0.1", 3473)
HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
)
ROW = "   {n}: {local} {remote} 01 00000000:00000000 00:00000000 00000000 {uid:5} 0 123 1 0\n"
LOOPBACK = "0100007F" if sys.byteorder == "little" else "7F000001"
MAPPED = f"{'0' * 16}FFFF0000" if sys.byteorder == "little" else f"{'0' * 20}FFFF"


def table(path: Path, *rows: tuple[str, str, int]) -> Path:
    lines = (
        ROW.format(n=n, local=local, remote=remote, uid=uid)
        for n, (local, remote, uid) in enumerate(rows)
    )
    path.write_text(HEAD + "".join(lines))
    return path


def test_the_kernel_says_whose_a_connection_is() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        accepted, address = server.accept()
        accepted.close()
        assert client.getsockname() == address
        assert owner_of(address, server.getsockname()) == os.geteuid()


@pytest.mark.parametrize("prefix", ["", MAPPED])
def test_the_clients_end_is_looked_for_and_not_the_servers(tmp_path: Path, prefix: str) -> None:
    client, server = f"{prefix}{LOOPBACK}:9C40", f"{prefix}{LOOPBACK}:0D91"
    tables = (
        tmp_path / "hidden",
        table(tmp_path / "tcp", (server, client, 900), (client, server, 1001)),
    )
    assert owner_of(CLIENT, SERVER, tables=tables) == 1001
    assert owner_of(SERVER, CLIENT, tables=tables) == 900
    assert owner_of(CLIENT, ("127.0.0.1", 1), tables=tables) is None


def test_a_flood_of_sockets_is_not_read_to_its_end(tmp_path: Path) -> None:
    others = [(f"{LOOPBACK}:0001", f"{LOOPBACK}:0002", 1)] * 5000
    wanted = (f"{LOOPBACK}:9C40", f"{LOOPBACK}:0D91", 1001)
    assert owner_of(CLIENT, SERVER, tables=(table(tmp_path / "tcp", *others, wanted),)) is None
