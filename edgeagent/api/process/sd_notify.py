"""Tell systemd how the service is (sd_notify(3)): one datagram, no library."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress

__all__ = ["Notifier"]


class Notifier:
    """Writes to ``$NOTIFY_SOCKET``; does nothing where it is not set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read the address, and the interval of the watchdog."""
        address = environment.get("NOTIFY_SOCKET", "")
        # An address that begins with @ lies in the abstract namespace.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        interval = environment.get("WATCHDOG_USEC", "")
        self.watchdog_seconds = int(interval) / 2e6 if interval.isdigit() else None
        """Half the time after which the service counts as hung; ``None``: no watchdog is set."""

    def ready(self, status: str) -> None:
        """The service answers."""
        self._send(f"READY=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        """What the service is doing, in one line for ``systemctl status``."""
        self._send(f"STATUS={status}")

    def alive(self) -> None:
        """The service is not hung."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The service is stopping."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(self._address)
            sender.send(text.encode())
