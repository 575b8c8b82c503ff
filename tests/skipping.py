"""Where everything was installed, a test that skips is a test that is missing.

With ``EDGEAGENT_CI`` set, every skip fails unless its reason is among those below: what a machine
of continuous integration cannot have.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

__all__ = ["may_skip"]

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)
_ALLOWED = (
    "MovieLens",  # its licence does not let us pass it on
    "no GPU:",  # head B is trained on the processor just as well
    "no target:",  # a board, or what rehearses one
    "unsupported feature(s)",  # of the one there is
    "no Debian package: name one",  # for that board
    "the package is for",
    "root may write everywhere",
    "only root can",
    "needs root",
    "no history of commits",  # a shallow checkout, or an archive
    "may not mount a tmpfs",
    "network namespaces cannot be made here",
    "systemd does not boot in a container here",
)


def may_skip(reason: str) -> bool:
    """Say whether a test may be skipped for ``reason`` where everything is installed."""
    return any(allowed in reason for allowed in _ALLOWED)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _judged(report) if not hasattr(report, "wasxfail") else report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _judged(report)


def _judged(report: _Report) -> _Report:
    if report.skipped and os.environ.get("EDGEAGENT_CI"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not may_skip(reason):
            report.outcome = "failed"
            report.longrepr = f"{reason}: skipped, where nothing but {_ALLOWED} may be a reason"
    return report
