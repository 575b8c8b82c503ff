"""What came of a rehearsal: out of pytest's JUnit file and the figures that tests have left."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

__all__ = ["TargetResult", "in_words", "read_result"]

LABEL = "rehearsal (emulated)"


@dataclass(kw_only=True)
class TargetResult:
    """Of one target."""

    target: str
    label: str = LABEL
    suite: str
    skipped_because: str | None = None
    """Why it was not rehearsed at all."""
    seconds: float = 0.0
    """Of the suite on the target, without what was built before."""
    processor_seconds: float = 0.0
    """Of building and running it, all that ran for it included."""
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    """Reason by test."""
    figures: dict[str, object] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing failed, and something passed or was skipped for a reason."""
        return not self.failed and (self.passed > 0 or self.skipped_because is not None)


def read_result(target: str, *, suite: str, report: Path, figures: Path) -> TargetResult:
    """Read what pytest and the tests have left; a suite that broke off counts as failed."""
    result = TargetResult(target=target, suite=suite)
    if figures.exists():
        result.figures = json.loads(figures.read_text("utf-8"))
    if not report.exists():
        result.failed.append("the suite broke off")
        return result
    run = ET.parse(report).getroot()[0]  # noqa: S314  (pytest wrote it a moment ago)
    result.seconds = round(float(run.get("time", "0")), 1)
    for case in run.iter("testcase"):
        name = f"{case.get('classname', '').rsplit('.', 1)[-1]}.py::{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None:
            result.failed.append(name)
        elif case.find("error") is not None:
            result.failed.append(f"{name}, before or after the test itself")
        elif skip is not None:
            result.skipped[name] = skip.get("message", "")
        else:
            result.passed += 1
    return result


def in_words(result: TargetResult) -> str:
    """Return a few lines about one target."""
    head = f"{result.target} ({result.suite}), {result.label}: "
    if result.skipped_because is not None:
        return f"{head}skipped: {result.skipped_because}"
    counts = f"{result.passed} passed, {len(result.failed)} failed, {len(result.skipped)} skipped"
    busy = f"{result.seconds:.0f} s, {result.processor_seconds:.0f} s of processor time in all"
    lines = [f"{head}{counts} in {busy}"]
    lines += [f"  failed   {name}" for name in result.failed]
    lines += [f"  skipped  {name}: {why}" for name, why in result.skipped.items()]
    lines += [f"  {name}: {json.dumps(value)}" for name, value in result.figures.items()]
    return "\n".join(lines)
