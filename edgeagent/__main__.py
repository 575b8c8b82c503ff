"""``python -m edgeagent`` is ``edgeagent``."""

from __future__ import annotations

from edgeagent.cli import main

if __name__ == "__main__":
    main()
