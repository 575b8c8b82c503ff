"""``python -m tests.hil.onboard.ask SOCKET METHOD PARAMS...``: calls, answered in a JSON array.

PARAMS is a JSON object, or empty; several calls go over one connection.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.hil.onboard.line_client import LineClient

__all__ = ["main"]


def main() -> None:
    """Ask."""
    client, words = LineClient(Path(sys.argv[1])), sys.argv[2:]
    answers = [
        client.ask(method, **json.loads(params or "{}"))
        for method, params in zip(words[::2], words[1::2], strict=True)
    ]
    sys.stdout.write(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main()
