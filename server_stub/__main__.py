"""``python -m server_stub``: the same as the console script ``server-stub``."""

from __future__ import annotations

from edgeagent.start import start

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    start("server_stub.cli", program="server-stub")


if __name__ == "__main__":
    main()
