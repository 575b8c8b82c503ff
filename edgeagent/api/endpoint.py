"""Where the service of a home is found: its socket, its port, and the manager's token.

They lie in a directory in memory that only owner and group may enter; only the owner can read the
token. It is made when the service first starts after the box was switched on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from edgeagent.config import DEFAULT_PORT
from edgeagent.errors import InputError, NetworkError
from edgeagent.randomness import RandomSource
from edgeagent.regular_file import read_regular
from edgeagent.services.private_viewing.runtime_state import runtime_directory
from edgeagent.store.durable import create_durably

__all__ = [
    "TOKEN_BYTES",
    "default_socket",
    "manager_token",
    "note_port",
    "noted_port",
    "read_token",
]

TOKEN_BYTES = 32
_CAP_BYTES = 4096


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


def note_port(directory: Path, port: int | None) -> None:
    """Write the WebSocket's port to a file, for 'service endpoint'; ``None`` removes it."""
    path = directory / "port"
    if port is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(f"{port}\n", "ascii")


def noted_port(directory: Path) -> int:
    """Return the port that the service has written, else the default."""
    with suppress(OSError, ValueError):
        return int(read_regular(directory / "port", cap_bytes=_CAP_BYTES))
    return DEFAULT_PORT
