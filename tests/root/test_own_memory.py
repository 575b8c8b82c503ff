"""What tests keep in memory is theirs, not the user's."""

from __future__ import annotations

from pathlib import Path

from edgeagent.agent import Environment


def test_a_box_without_a_directory_of_its_own_keeps_its_private_sessions_in_this_run_s() -> None:
    directory = Path(Environment().runtime_directory)
    assert directory.name.startswith("edgeagent-run-")
