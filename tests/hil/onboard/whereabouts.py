"""``python -m tests.hil.onboard.whereabouts``: which edgeagent is run there."""

from __future__ import annotations

import json
import sys

import edgeagent

__all__ = ["main"]


def main() -> None:
    """Say."""
    sys.stdout.write(json.dumps({"edgeagent": edgeagent.__file__}) + "\n")


if __name__ == "__main__":
    main()
