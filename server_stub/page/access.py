"""Who may look: an operator with the token, then a session that ends after a working day.

Sessions are kept in memory: they end with the process, and leaving ends one at once.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from edgeagent.clock import HOUR_SECONDS, Clock
from edgeagent.errors import InputError
from edgeagent.randomness import RandomSource
from edgeagent.regular_file import open_regular

__all__ = ["SESSION_SECONDS", "OperatorSession", "PageAccess", "page_token"]

SESSION_SECONDS = 10 * HOUR_SECONDS
_BITS = 256
_LEAST_BYTES = 32
"""128 bits in hexadecimal: nobody guesses them, so that wrong tokens need not be counted. A lock
after some of them would let any stranger keep the operator out."""
_CAP_BYTES = 4096
_SESSIONS = 100
"""Kept at once; of more, the oldest ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSession:
    """The session of a browser whose user had the token."""

    key: str
    """What its cookie holds."""
    form_key: str
    """What every form of its pages sends back."""
    ends_at: float
    """In boot seconds."""

    def accepts(self, form_key: str) -> bool:
        """Whether a form comes from one of this session's own pages."""
        return hmac.compare_digest(self.form_key.encode(), form_key.encode())


class PageAccess:
    """Decides who may look."""

    def __init__(self, token: bytes, *, clock: Clock, random: RandomSource) -> None:
        """Admit those who have ``token``."""
        self._token = _digest(token)
        self._clock = clock
        self._random = random
        self._sessions: dict[bytes, OperatorSession] = {}

    def begin(self, token: str) -> OperatorSession | None:
        """Begin a session; ``None``: this is not the token."""
        # Digests are compared: of equal length, in a time that tells nothing of the token.
        if not hmac.compare_digest(_digest(token.strip().encode()), self._token):
            return None
        session = OperatorSession(
            key=self._draw(),
            form_key=self._draw(),
            ends_at=self._clock.boot_seconds() + SESSION_SECONDS,
        )
        self._sessions[_digest(session.key.encode())] = session
        while len(self._sessions) > _SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        return session

    def find(self, key: str) -> OperatorSession | None:
        """Return the session of a cookie, if it lasts."""
        session = self._sessions.get(_digest(key.encode()))
        if session is None or self._clock.boot_seconds() >= session.ends_at:
            return None
        return session

    def end(self, session: OperatorSession) -> None:
        """End a session."""
        self._sessions.pop(_digest(session.key.encode()), None)

    def _draw(self) -> str:
        return f"{self._random.below(1 << _BITS):064x}"


def page_token(path: Path, random: RandomSource) -> bytes:
    """Return the token in a file; make the file if there is none.

    Raises:
        InputError: it cannot be read or made, others may read it, or it holds no token.

    """
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}", hint="give another file as --page-token"
        ) from error
    token = f"{random.below(1 << _BITS):064x}".encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}", hint="give another file as --page-token"
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(token + b"\n")
    return token


def _read(path: Path) -> bytes:
    with open_regular(path) as file:
        mode = os.fstat(file.fileno()).st_mode
        token = file.read(_CAP_BYTES).strip()
    if mode & 0o077:
        raise InputError(
            f"{path}: others may read it (mode {mode & 0o777:04o})", hint=f"chmod 600 {path}"
        )
    if len(token) < _LEAST_BYTES:
        raise InputError(
            f"{path} holds no token of {_LEAST_BYTES} characters or more",
            hint="remove it: one is made at the next start",
        )
    return token


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
