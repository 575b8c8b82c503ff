"""Fixtures that several rooms' tests share."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# The same code meets the same examples, so that a failure says something about the change at hand:
# a few by default, the library's own number with --hypothesis-profile thorough, and with "search"
# others every time. How long one takes depends on the machine.
hypothesis.settings.register_profile("quick", deadline=None, derandomize=True, max_examples=20)
hypothesis.settings.register_profile("thorough", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.load_profile("quick")

# Tests of the library itself load it without edgeagent, which would tell it to keep quiet.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# What commands print is compared in English, whatever the user's language; those that tests start
# inherit it.
os.environ["LANGUAGE"] = "en"

# Each processor has a worker of its own: a second thread of PyTorch or OpenBLAS gets no processor,
# and the first waits for it by spinning. Trainings of head B took several times as long.
os.environ["OMP_NUM_THREADS"] = "1"

pytest_plugins = ["tests.published", "tests.selection", "tests.skipping"]


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> Iterator[None]:
    """React to Ctrl-C, whatever started the tests.

    A shell without job control starts background jobs with SIGINT ignored, and that is inherited:
    programs that tests start and interrupt would run on.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True, scope="session")
def _own_runtime_directory() -> Iterator[None]:
    """Keep the private sessions of tests out of the user's memory, and of the next run.

    A box finds its sessions by the path of its home, which two runs may share, and on a clock that
    a test has set one never ends.
    """
    with (
        tempfile.TemporaryDirectory(prefix="edgeagent-run-", ignore_cleanup_errors=True) as name,
        pytest.MonkeyPatch.context() as environment,
    ):
        Path(name).chmod(0o1777)  # as shared memory: tests are another user for a moment
        environment.setenv("XDG_RUNTIME_DIR", name)
        yield
