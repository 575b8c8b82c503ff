"""``python -m model_export``: the same as the console script ``model-export``."""

from __future__ import annotations

from model_export.cli import main

__all__: list[str] = []

main(prog_name="model-export")
