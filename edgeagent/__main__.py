"""``python -m edgeagent`` is ``edgeagent``."""

from __future__ import annotations

from edgeagent.start import start

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    start("edgeagent.cli", program="edgeagent")


if __name__ == "__main__":
    main()
