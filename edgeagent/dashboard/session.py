"""Who may look: a link that is good for ten minutes, a session that ends when nobody uses it.

Everything is signed with the service's manager token, which only its owner can read, and nothing is
remembered: a session outlives the process, which comes and goes.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from edgeagent.clock import Clock, SystemClock
from edgeagent.errors import InputError, NetworkError
from edgeagent.messages.server_address import LOOPBACK
from edgeagent.randomness import RandomSource, SystemRandomSource
from edgeagent.regular_file import read_regular

__all__ = [
    "LINK_SECONDS",
    "SESSION_SECONDS",
    "BrowserSession",
    "Sessions",
    "dashboard_link",
    "read_secret",
]

LINK_SECONDS = 600
"""A link lands in a browser's history; it must be of no use there."""
SESSION_SECONDS = 1800
"""Each page restarts them."""
_NONCE_BITS = 128
_CAP_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """The session of a browser that opened a valid link."""

    nonce: str
    expires_at: int


def dashboard_link(socket: Path, port: int) -> str:
    """Return a link that opens the dashboard of the service at ``socket``, for ten minutes.

    Raises:
        NetworkError: no service has run there.
        InputError: its token is not this user's to read.

    """
    sessions = Sessions(read_secret(socket), clock=SystemClock(), random=SystemRandomSource())
    return f"http://{LOOPBACK}:{port}/open?key={sessions.link_key()}"


class Sessions:
    """Signs and checks links, sessions and forms."""

    def __init__(self, secret: bytes, *, clock: Clock, random: RandomSource) -> None:
        """Sign with ``secret``."""
        self._secret = secret
        self._clock = clock
        self._random = random

    def link_key(self) -> str:
        """Return what a link has to carry."""
        expires_at = self._clock.now() + LINK_SECONDS
        return f"{expires_at}.{self._sign(f'link {expires_at}')}"

    def accepts_link(self, key: str) -> bool:
        """Say whether a link's key is ours and not too old."""
        expires_at, _, signature = key.partition(".")
        if not self._matches(f"link {expires_at}", signature):
            return False
        return 0 <= int(expires_at) - self._clock.now() <= LINK_SECONDS

    def begin(self) -> BrowserSession:
        """Begin a session."""
        nonce = f"{self._random.below(1 << _NONCE_BITS):032x}"
        return BrowserSession(nonce=nonce, expires_at=self._clock.now() + SESSION_SECONDS)

    def renewed(self, session: BrowserSession) -> BrowserSession:
        """Return the session with its whole time before it."""
        return BrowserSession(nonce=session.nonce, expires_at=self._clock.now() + SESSION_SECONDS)

    def cookie(self, session: BrowserSession) -> str:
        """Return a session as the browser keeps it."""
        content = f"{session.expires_at}.{session.nonce}"
        return f"{content}.{self._sign(f'session {content}')}"

    def find(self, cookie: str) -> BrowserSession | None:
        """Return the session that a cookie names, if it is ours and still lasts."""
        content, _, signature = cookie.rpartition(".")
        if not self._matches(f"session {content}", signature):
            return None
        expires_at, _, nonce = content.partition(".")
        if not 0 <= int(expires_at) - self._clock.now() <= SESSION_SECONDS:
            return None
        return BrowserSession(nonce=nonce, expires_at=int(expires_at))

    def form_key(self, session: BrowserSession) -> str:
        """Return what every form of a session carries."""
        return self._sign(f"form {session.nonce}")

    def accepts_form(self, session: BrowserSession, key: str) -> bool:
        """Say whether a form came from one of this session's own pages."""
        return self._matches(f"form {session.nonce}", key)

    def _matches(self, content: str, signature: str) -> bool:
        return hmac.compare_digest(self._sign(content).encode(), signature.encode())

    def _sign(self, content: str) -> str:
        message = f"edgeagent-dashboard {content}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()


def read_secret(socket: Path) -> bytes:
    """Return the manager token of the service that listens at ``socket``.

    Raises:
        NetworkError: there is none, so no service has run here.
        InputError: it is not this user's to read.

    """
    path = socket.parent / "token"
    try:
        secret = read_regular(path, cap_bytes=_CAP_BYTES)
    except FileNotFoundError as error:
        raise NetworkError(
            f"{path} is not there: no service has run here",
            hint="start 'edgeagent serve' first, or name its --socket",
        ) from error
    except OSError as error:
        raise InputError(
            f"{path}: the service's token cannot be read: {error.strerror}",
            hint="start 'edgeagent serve' first, and run as the user that it runs as",
        ) from error
    if len(secret) < _NONCE_BITS // 8:
        raise InputError(f"{path} holds no token", hint="remove it and start the service again")
    return secret
