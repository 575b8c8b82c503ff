"""``python -m server_stub``: the same as the console script ``server-stub``."""

from __future__ import annotations

from server_stub.cli import main

__all__: list[str] = []

main(prog_name="server-stub")
