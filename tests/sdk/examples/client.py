"""Tell the box what was watched, and ask what to watch next: Python, standard library only.

Usage: python client.py SOCKET  (the line "socket" of 'edgeagent service endpoint')
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any


class Box:
    """A line of JSON for each call, a line for each answer."""

    def __init__(self, path: str) -> None:
        """Connect to the service's unix socket."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._answers = self._socket.makefile("rb")
        self._last = 0

    def call(self, method: str, **params: object) -> Any:  # noqa: ANN401  (any JSON)
        """Return the result of a call."""
        self._last += 1
        request = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self._answers.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]


if __name__ == "__main__":
    box = Box(sys.argv[1])
    for purpose in ("history", "personalization"):
        box.call("EdgeAgent.grant", purpose=purpose)
    box.call("Discovery.watched", entityId="film-0008", progress=0.95, completed=True)
    for pick in box.call("EdgeAgent.recommend", limit=3)["picks"]:
        sys.stdout.write(f"{pick['title']}\n")
