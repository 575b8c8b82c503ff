"""``python -m model_export``: the same as the console script ``model-export``."""

from __future__ import annotations

from edgeagent.start import start

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    start("model_export.cli", program="model-export")


if __name__ == "__main__":
    main()
