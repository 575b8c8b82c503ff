"""Where the service of a home is found: its socket, its ports, and the manager's token.

They lie in a directory in memory that only owner and group may enter; only the owner can read the
token. It is made when the service first starts after the box was switched on.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgeagent.errors import InputError, NetworkError
from edgeagent.messages.server_address import LOOPBACK
from edgeagent.randomness import RandomSource
from edgeagent.regular_file import read_regular
from edgeagent.services.private_viewing.runtime_state import runtime_directory
from edgeagent.store.durable import create_durably

__all__ = [
    "TOKEN_BYTES",
    "Listening",
    "default_socket",
    "listens",
    "manager_token",
    "note_port",
    "noted_port",
    "read_token",
    "websocket",
]

TOKEN_BYTES = 32
_CAP_BYTES = 4096

Served = Literal["websocket", "dashboard"]
_PORT_FILES: Mapping[Served, str] = {"websocket": "port", "dashboard": "dashboard-port"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where a service listens, or is to."""

    socket: Path
    websocket_port: int | None
    """``None``: no WebSocket; 0, where it is to listen: a free port."""
    dashboard_port: int | None
    """As above."""


def default_socket(home: Path, environment: Mapping[str, str]) -> Path:
    """Return where the service of a home listens unless it is told otherwise."""
    name = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
    return runtime_directory(environment) / f"edgeagent-{name}" / "socket"


def manager_token(directory: Path, random: RandomSource) -> str:
    """Return the token kept in ``directory``, making one if there is none."""
    path = directory / "token"
    with suppress(FileExistsError):
        create_durably(path, f"{random.below(1 << (8 * TOKEN_BYTES)):064x}".encode())
    return read_token(directory)


def read_token(directory: Path) -> str:
    """Return the token kept in ``directory``.

    Raises:
        NetworkError: there is none, so no service has run here.
        InputError: it is not this user's to read.

    """
    path = directory / "token"
    try:
        token = read_regular(path, cap_bytes=_CAP_BYTES).decode("ascii")
    except FileNotFoundError as error:
        raise NetworkError(
            f"{path} is not there: no service has run here",
            hint="start it, or give its socket with --socket",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: the service's token cannot be read",
            hint="start the service first, and run this as the user that it runs as",
        ) from error
    if len(token) != 2 * TOKEN_BYTES:
        raise InputError(f"{path} holds no token", hint="remove it and start the service again")
    return token


def listens(path: Path) -> bool:
    """Say whether anybody listens at a unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(str(path))
        except OSError:
            return False
    return True


def websocket(port: int, *, token: str | None = None) -> str:
    """Return the address of the WebSocket: for apps, or with the token for managers."""
    return f"ws://{LOOPBACK}:{port}/" + ("" if token is None else f"?token={token}")


def note_port(directory: Path, port: int | None, *, of: Served = "websocket") -> None:
    """Write a port to a file, for the commands that say where it is; ``None`` removes it."""
    path = directory / _PORT_FILES[of]
    if port is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(f"{port}\n", "ascii")


def noted_port(directory: Path, *, of: Served = "websocket") -> int | None:
    """Return the port that the running service has written; ``None``: it serves nothing there."""
    with suppress(OSError, ValueError):
        return int(read_regular(directory / _PORT_FILES[of], cap_bytes=_CAP_BYTES))
    return None
