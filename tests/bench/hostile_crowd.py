"""Clients that mean harm, until they are told to stop: what ``bench_hostile`` lets loose.

``python -m tests.bench.hostile_crowd SOCKET PORT``; a line says when everybody is there, another of
JSON at the end what was done.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress

FLIGHT = 100
HUGE_BYTES = 100_000_000
DEEP = 100_000
DEAF = 16
_HANDSHAKE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_HUGE_HEADER = b"\x81\xff" + HUGE_BYTES.to_bytes(8, "big") + b"\0\0\0\0"
_ASK = b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n'
BATCHES = 20
_BATCH = b"[" + b",".join([_ASK.strip()] * FLIGHT) + b"]"
_BATCH_FRAME = b"\x81\xfe" + len(_BATCH).to_bytes(2, "big") + b"\0\0\0\0" + _BATCH


def ask_in_batches(port: int, stack: ExitStack) -> None:
    """Ask for the longest document 100 times on each of 20 WebSockets, and read nothing of it."""
    for _ in range(BATCHES):
        client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        client.sendall(_HANDSHAKE.format(port=port).encode())
        client.recv(4096)
        client.sendall(_BATCH_FRAME)


class Crowd:
    """Threads that repeat the attacks until they are stopped."""

    def __init__(self, path: str, port: int) -> None:
        self._path, self._port = path, port
        self._over = threading.Event()
        self._done: Counter[str] = Counter()

    def run(self) -> Counter[str]:
        """Do everything at once until SIGTERM."""
        deeds = (
            *(self._flood, self._huge_frame, self._huge_line),
            *(self._deep, self._deaf, self._batches),
        )
        signal.signal(signal.SIGTERM, lambda *_: self._over.set())
        for deed in deeds:
            threading.Thread(target=self._repeat, args=(deed,), daemon=True).start()
        while self._done["connections"] < 10 * FLIGHT and not self._over.wait(0.01):
            pass
        sys.stdout.write("everybody is here\n")
        sys.stdout.flush()
        self._over.wait()  # clients at work end with the process
        return self._done

    def _repeat(self, deed: Callable[[], None]) -> None:
        while not self._over.is_set():
            with suppress(OSError):
                deed()

    def _line(self, stack: ExitStack) -> socket.socket:
        client = stack.enter_context(socket.socket(socket.AF_UNIX))
        client.settimeout(2)
        client.connect(self._path)
        return client

    def _web(self, stack: ExitStack) -> socket.socket:
        client = stack.enter_context(socket.socket(socket.AF_INET))
        client.settimeout(2)
        client.connect(("127.0.0.1", self._port))
        return client

    def _flood(self) -> None:
        with ExitStack() as flight:
            for number in range(FLIGHT):
                self._done["connections"] += 1
                with suppress(OSError):
                    self._web(flight) if number % 2 else self._line(flight)

    def _huge_frame(self) -> None:
        with ExitStack() as stack:
            client = self._web(stack)
            client.sendall(_HANDSHAKE.format(port=self._port).encode())
            client.recv(4096)
            self._done["huge_frames"] += 1
            client.sendall(_HUGE_HEADER)
            self._pour(client)

    def _huge_line(self) -> None:
        with ExitStack() as stack:
            client = self._line(stack)
            self._done["huge_lines"] += 1
            self._pour(client)

    def _pour(self, client: socket.socket) -> None:
        for _ in range(HUGE_BYTES // 1_000_000):
            client.sendall(b" " * 1_000_000)

    def _deep(self) -> None:
        with ExitStack() as stack:
            client = self._line(stack)
            for _ in range(FLIGHT):
                client.sendall(b"[" * DEEP + b"\n")
                client.recv(4096)
                self._done["deep_json"] += 1

    def _batches(self) -> None:
        with ExitStack() as stack:
            ask_in_batches(self._port, stack)
            self._done["batches"] += BATCHES
            self._over.wait(0.5)

    def _deaf(self) -> None:
        """Ask and never read; reconnect when disconnected."""
        with ExitStack() as stack:
            deaf = [self._line(stack) for _ in range(DEAF)]
            while not self._over.wait(0.2):
                for client in deaf:
                    client.settimeout(0)
                    with suppress(BlockingIOError):
                        for _ in range(FLIGHT):
                            client.send(_ASK)
                            self._done["unread_questions"] += 1


if __name__ == "__main__":
    sys.stdout.write(json.dumps(Crowd(sys.argv[1], int(sys.argv[2])).run()) + "\n")
