"""JSON-RPC over the service's unix socket, a line each way."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

__all__ = ["LineClient"]


class LineClient:
    """A connection to a service."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rwb")
        self._number = 0

    def ask(self, method: str, **params: object) -> Any:  # noqa: ANN401  (whatever it answers)
        """Call a method and return its result."""
        self._number += 1
        call = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self._lines.write(json.dumps(call).encode() + b"\n")
        self._lines.flush()
        while True:
            answer = json.loads(self._lines.readline())
            if answer.get("id") == self._number:
                return answer["result"] if "result" in answer else sys.exit(f"{method}: {answer}")

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()
