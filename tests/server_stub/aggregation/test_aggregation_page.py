"""The example on the page of this room does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from edgeagent.messages import canonical_bytes
from tests.pages.found import ROOT
from tests.pages.test_python_example import printed
from tests.server_stub.aggregation.aggregator_suite import filled_store
from tests.server_stub.aggregation.test_aggregation_commands import AFTER, BEFORE, LESS, watched
from tests.server_stub.loopback import make_repository

PAGE = ROOT / "server_stub" / "aggregation" / "README.md"


def test_the_example(tmp_path: Path) -> None:
    found = re.search(
        r"<!-- reading-example -->\n```python\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert found
    repository = make_repository(tmp_path / "repository", task=BEFORE)
    task = repository / "targets" / "tasks" / f"{'d' * 64}.report.json"
    task.write_bytes(canonical_bytes(AFTER))
    even = np.full(9, 1 / 9)
    filled_store(tmp_path / "reports.db", [*watched(BEFORE, even), *watched(AFTER, LESS)])
    first, top, _next, last, *changed, plan = printed(found[1], tmp_path)
    assert first == "2026 Q4: 12,000 reports on weeks (2960,)"
    assert top.startswith("Genre 0: ")
    assert last == "may be published"
    named = {line.partition(" changed by ")[0] for line in changed}
    assert {"Genre 0", "Genre 1"} <= named  # what did change; others are as rare as the rate says
    assert plan == "a tenth is known to ± 2.7%"
