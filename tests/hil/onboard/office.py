"""``python -m tests.hil.onboard.office DIRECTORY``: a server on the target's own loopback.

It serves ``DIRECTORY/repository`` and takes reports into ``DIRECTORY/reports``, one a line, in the
mood that the file ``DIRECTORY/mood`` names: ``slow`` (answers come in pieces), ``broken`` (they end
half-way), ``lying`` (every byte is another) or ``refusing``; without one it is an honest server.
Its port goes into ``DIRECTORY/port``. It needs nothing but the standard library, and ends when
that file is gone.
"""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["main"]

_PIECES = 5
_PAUSE_SECONDS = 0.3
_POLL_SECONDS = 1.0


class _Office(BaseHTTPRequestHandler):
    directory: Path

    def do_GET(self) -> None:
        root = (self.directory / "repository").resolve()
        path = (root / self.path.lstrip("/")).resolve()
        if self._mood() == "refusing":
            self._answer(503, b"")
        elif path.is_relative_to(root) and path.is_file():
            self._answer(200, path.read_bytes())
        else:
            self._answer(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._mood() == "refusing":
            self._answer(503, b"")
            return
        with (self.directory / "reports").open("ab") as file:
            file.write(body + b"\n")
        self._answer(204, b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (as inherited)
        """Say nothing."""

    def _mood(self) -> str:
        mood = self.directory / "mood"
        return mood.read_text("utf-8").strip() if mood.exists() else ""

    def _answer(self, status: int, body: bytes) -> None:
        mood = self._mood()
        if mood == "lying":
            body = bytes(byte ^ 1 for byte in body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if mood == "broken":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif mood == "slow":
            self._drip(body)
        else:
            self.wfile.write(body)

    def _drip(self, body: bytes) -> None:
        length = len(body) // _PIECES + 1
        pause = threading.Event()
        for start in range(0, len(body), length):
            pause.wait(_PAUSE_SECONDS)
            self.wfile.write(body[start : start + length])
            self.wfile.flush()


def main() -> None:
    """Serve."""
    directory = Path(sys.argv[1])
    _Office.directory = directory
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Office)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (directory / "port.new").write_text(str(server.server_port), "utf-8")
    (directory / "port.new").rename(directory / "port")
    patience = threading.Event()
    while (directory / "port").exists():
        patience.wait(_POLL_SECONDS)


if __name__ == "__main__":
    main()
