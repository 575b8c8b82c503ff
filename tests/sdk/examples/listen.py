"""Act for the household, and be told of changes: Python, WebSocket, token and RPCv2 together.

Usage: python listen.py ENDPOINT  (the line "manage" of 'edgeagent service endpoint')
Needs: pip install websockets
"""

from __future__ import annotations

import json
import sys
from typing import Any

from websockets.sync.client import ClientConnection, connect


def call(box: ClientConnection, number: int, method: str, **params: object) -> Any:  # noqa: ANN401  (any JSON)
    """Return the result of a call; print the events that come before it."""
    request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    box.send(json.dumps(request))
    while "method" in (message := json.loads(box.recv())):  # an event has no id
        sys.stdout.write(f"{message['method']} {message['params']['value']}\n")
    if "error" in message:
        raise RuntimeError(message["error"]["message"])
    return message["result"]


if __name__ == "__main__":
    with connect(f"{sys.argv[1]}&RPCv2=true") as box:
        call(box, 1, "EdgeAgent.onHistoryChanged", listen=True)
        call(box, 2, "EdgeAgent.grant", purpose="history")
        call(box, 3, "Discovery.watched", entityId="film-0012", completed=True)
        viewings = call(box, 4, "EdgeAgent.history", limit=1)["viewings"]
        sys.stdout.write(f"{viewings[0]['title']}\n")
