"""Apps of other users: who reaches the socket of a packaged service, and as what."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeagent.api.process.main import managers
from edgeagent.api.transport.unix_server import (
    DIRECTORY_MODE,
    SOCKET_MODE,
    Peer,
    peer_of,
    prepare_directory,
)
from edgeagent.config import ServiceConfig

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be other users")

SERVICE, APP, LAUNCHER, MANAGERS = 64001, 64002, 64003, 64004
"""Users and groups of the same number; the last is a group only."""
_PYTHON = "/usr/bin/python3"
"""The system's: the one that runs tests may lie where other users cannot go."""
_CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket as the unit leaves it: RuntimeDirectory of the service's user and group."""
    with tempfile.TemporaryDirectory(dir="/run") as name, socket.socket(socket.AF_UNIX) as opened:
        Path(name).chmod(0o755)
        path = Path(name) / "edgeagent" / "socket"
        prepare_directory(path.parent)
        opened.bind(str(path))
        path.chmod(SOCKET_MODE)
        for made in (path.parent, path):
            os.chown(made, SERVICE, SERVICE)
        assert path.parent.stat().st_mode & 0o777 == DIRECTORY_MODE
        opened.listen()
        yield opened


def connected(listener: socket.socket, user: int, *groups: int) -> Peer | None:
    """Connect as a user of some groups; ``None``: the system does not let it."""
    done = subprocess.run(
        [_PYTHON, "-c", _CONNECT, listener.getsockname()],
        check=False,
        capture_output=True,
        user=user,
        group=user,
        extra_groups=groups,
        timeout=30,
    )
    if done.returncode:
        assert b"PermissionError" in done.stderr
        return None
    with listener.accept()[0] as connection:
        return peer_of(connection)


def test_an_app_needs_the_group_of_the_service(listener: socket.socket) -> None:
    assert connected(listener, APP) is None
    peer = connected(listener, APP, SERVICE)
    assert peer is not None
    assert (peer.uid, peer.gids) == (APP, frozenset({APP, SERVICE}))
    assert not managers(ServiceConfig())(peer)


def test_groups_that_manage_need_not_be_a_user_s_first(listener: socket.socket) -> None:
    may_manage = managers(ServiceConfig(manage_groups=(str(MANAGERS),)))
    for groups in ((SERVICE, MANAGERS), (MANAGERS, SERVICE)):
        peer = connected(listener, LAUNCHER, *groups)
        assert peer is not None
        assert may_manage(peer)
    app = connected(listener, APP, SERVICE)
    assert app is not None
    assert not may_manage(app)


def test_a_user_in_more_groups_than_can_be_asked_for_is_known_by_the_first(
    listener: socket.socket,
) -> None:
    peer = connected(listener, APP, SERVICE, *range(65_000, 65_300))
    assert peer is not None
    assert peer.gids == {APP}
