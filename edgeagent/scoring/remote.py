"""ChildScorer: models in a child process, which ends when it is idle.

So the resident process loads neither numpy nor onnxruntime (50 MiB), and a model that crashes its
process crashes only the child.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import edgeagent
from edgeagent.errors import InputError, MalformedMessage, ModelError, ModelRefused
from edgeagent.messages import (
    ModelClaims,
    ModelFiles,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentRequest,
    SplitAnswer,
    SplitRequest,
    TrialAnswer,
    TrialRequest,
)
from edgeagent.scoring.confinement import OUT_OF_MEMORY_EXIT
from edgeagent.scoring.frames import (
    ANSWER_CAP_BYTES,
    CALL_CAP_BYTES,
    PipeClosed,
    ScoringAnswer,
    ScoringCall,
    StandsStill,
    VerifyRequest,
    read_frame,
    write_frame,
)
from edgeagent.scoring.protocol import ROLLBACK_HINT

__all__ = ["ChildScorer"]

_GRACE_SECONDS = 5.0
"""How long a child may take to exit after its input was closed before it is killed."""
_LIMITS = {
    -signal.SIGPROF: "it exceeded its limit of CPU time",
    OUT_OF_MEMORY_EXIT: "it exceeded its memory limit",
}
"""Exit statuses of a child that exceeded a limit."""


class ChildScorer:
    """A :class:`~edgeagent.scoring.protocol.Scorer` that calls a scoring child.

    The child is started by the first request, and again after it ended (idle or crashed). It ends
    with :meth:`close` or with this process, because its input closes. Requests have no side
    effects, so one that crashes a child is sent once more to a new child, unless it timed out:
    callers do not wait for two timeouts. A child in which a model has failed is not used again.
    Requests are validated here.
    """

    def __init__(
        self,
        *,
        idle_seconds: float = 30.0,
        timeout_seconds: float = 60.0,
        command: Sequence[str] | None = None,
    ) -> None:
        """Store the parameters; no child is started yet.

        Args:
            idle_seconds: how long a child stays after its last request.
            timeout_seconds: how long a child may neither read nor answer before it is killed.
            command: replaces the command that starts the child.

        """
        self._timeout_seconds = timeout_seconds
        self._command = tuple(command) if command is not None else _command(idle_seconds)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False

    def rank(self, request: RankRequest) -> Picks:
        """Rank the catalogue, or explain one title; see the protocol."""
        picks = self._ask(ScoringCall(rank=request)).picks
        return picks if picks is not None else _nonsense()

    def split(self, request: SplitRequest) -> SplitAnswer:
        """Split viewings into sessions; see the protocol."""
        split = self._ask(ScoringCall(split=request)).split
        return split if split is not None else _nonsense()

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Assign a segment to each session; see the protocol."""
        segments = self._ask(ScoringCall(segment=request)).segments
        return segments if segments is not None else _nonsense()

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        """Check a downloaded model; see the protocol."""
        request = VerifyRequest(files=files, golden_path=golden_path, claims=claims)
        if not self._ask(ScoringCall(verify=request)).verified:
            _nonsense()

    def trial(self, request: TrialRequest) -> TrialAnswer:
        """Let a model predict what was watched; see the protocol."""
        trial = self._ask(ScoringCall(trial=request)).trial
        return trial if trial is not None else _nonsense()

    def close(self) -> None:
        """End the child, at once even if it is working; its caller gets an InputError."""
        self._closed = True
        if not self._lock.acquire(blocking=False):
            child = self._child
            if child is not None:
                child.kill()
            self._lock.acquire()
        try:
            self._end(grace_seconds=_GRACE_SECONDS)
        finally:
            self._lock.release()

    def _ask(self, call: ScoringCall) -> ScoringAnswer:
        with self._lock:
            self._require_open()
            try:
                answer = self._converse(call)
            except _TookTooLong as error:
                self._require_open()
                raise _given_up("was ended over one request", error) from error
            except PipeClosed:
                answer = self._ask_again(call)
            if answer.failure is None:
                return answer
            failure = answer.failure.exception(otherwise=ModelError)
            if isinstance(failure, ModelError) and not isinstance(failure, ModelRefused):
                self._end(grace_seconds=0.0)
            raise failure

    def _ask_again(self, call: ScoringCall) -> ScoringAnswer:
        self._require_open()
        try:
            return self._converse(call)
        except PipeClosed as error:
            self._require_open()
            raise _given_up("failed twice over one request", error) from error

    def _require_open(self) -> None:
        if self._closed:
            raise InputError("the scorer is closed", hint="open the agent again")

    def _converse(self, call: ScoringCall) -> ScoringAnswer:
        calls, answers = self._streams()
        try:
            write_frame(
                calls, call, cap_bytes=CALL_CAP_BYTES, timeout_seconds=self._timeout_seconds
            )
            return self._read(answers)
        except PipeClosed as error:
            ended = self._end(grace_seconds=0.0)
            in_time = ended != -signal.SIGPROF and not isinstance(error, StandsStill)
            kind = PipeClosed if in_time else _TookTooLong
            raise kind(_LIMITS.get(ended, str(error))) from error
        except BaseException:
            # Also on Ctrl-C: a late answer must not be taken as the answer to the next request.
            self._end(grace_seconds=0.0)
            raise

    def _read(self, answers: int) -> ScoringAnswer:
        try:
            return read_frame(
                answers,
                ScoringAnswer,
                cap_bytes=ANSWER_CAP_BYTES,
                timeout_seconds=self._timeout_seconds,
            )
        except MalformedMessage as error:
            raise PipeClosed(f"its answer is malformed: {error}") from error

    def _streams(self) -> tuple[int, int]:
        """Return the descriptors of a running child: its input, its output."""
        if self._child is not None and self._child.poll() is not None:
            self._end(grace_seconds=0.0)  # it ended after its idle time
        if self._child is None:
            self._child = _start(self._command)
        # Checked after the start, because a concurrent close does not wait for it.
        self._require_open()
        stdin, stdout = self._child.stdin, self._child.stdout
        if stdin is None or stdout is None:
            return _nonsense()
        return stdin.fileno(), stdout.fileno()

    def _end(self, *, grace_seconds: float) -> int:
        """End the child; return its exit status (subprocess.Popen.returncode)."""
        child, self._child = self._child, None
        if child is None:
            return 0
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()
        return child.wait()


class _TookTooLong(PipeClosed):
    """A child was killed because a request timed out."""


def _given_up(what: str, why: PipeClosed) -> ModelError:
    return ModelError(
        f"the scoring child {what}: {why}",
        hint=ROLLBACK_HINT,
    )


def _command(idle_seconds: float) -> tuple[str, ...]:
    # -P and -s: no module is imported from the working directory or the user's site directory.
    return (sys.executable, "-P", "-s", "-m", "edgeagent.scoring.child", str(idle_seconds))


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        child = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise ModelError(
            f"the scoring child does not start: {error.strerror}",
            hint='free some memory, or set scorer = "resident" in the configuration',
        ) from error
    if child.stdin is not None:
        os.set_blocking(child.stdin.fileno(), False)
    return child


def _environment() -> dict[str, str]:
    """Return the variables a child needs, and nothing else of this process's environment."""
    environment = {
        # Keep freed memory for the next request: returned to the kernel, it is zeroed again.
        "MALLOC_MMAP_THRESHOLD_": str(4 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(Path(edgeagent.__file__).resolve().parent.parent),
        "PYTHONUTF8": "1",
    }
    if "LD_LIBRARY_PATH" in os.environ:  # needed by an interpreter outside the system's paths
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return environment


def _nonsense() -> NoReturn:
    raise ModelError(
        "the scoring child answered another request",
        hint="report it: child and parent are of different versions",
    )
