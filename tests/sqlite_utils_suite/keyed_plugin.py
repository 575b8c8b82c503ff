"""A pytest plugin that gives a suite written for ``sqlite3`` this project's encrypted connection.

Loaded by name (``-p keyed_plugin``) into a run of sqlite-utils' own tests; their package is called
``tests``, too, so that this module has to be found on its own.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from edgeagent.store.connection import KeyedConnection

_OUTCOMES_VARIABLE = "KEYED_SUITE_OUTCOMES"  # names the file that is written at the end
_KEY = bytes(range(32))
_COUNTS = Counter(passed=0, skipped=0, connections=0)
_FAILED: set[str] = set()


def _connect_keyed(
    database: Any,  # noqa: ANN401  (whatever sqlite3.connect takes)
    *args: Any,
    **kwargs: Any,
) -> Any:  # noqa: ANN401  (the driver has no types)
    """Open as ``sqlite3.connect`` does, but keyed, and in autocommit as our stores are."""
    if isinstance(database, os.PathLike):
        database = os.fspath(database)
    kwargs.setdefault("isolation_level", None)
    connection = dbapi2.connect(database, *args, factory=KeyedConnection, **kwargs)
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{_KEY.hex()}'\"")
    if not connection.execute("PRAGMA cipher_version").fetchall():
        raise pytest.UsageError("this driver does not encrypt")
    _COUNTS["connections"] += 1
    return connection


def pytest_configure(config: pytest.Config) -> None:
    del config
    sqlite3.connect = _connect_keyed


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        _FAILED.add(report.nodeid)
    elif report.skipped:
        _COUNTS["skipped"] += 1
    elif report.when == "call":
        _COUNTS["passed"] += 1


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _FAILED.add(report.nodeid)


def pytest_sessionfinish() -> None:
    told = {**_COUNTS, "failed": sorted(_FAILED)}
    Path(os.environ[_OUTCOMES_VARIABLE]).write_text(json.dumps(told), encoding="utf-8")
