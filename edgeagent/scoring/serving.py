"""The main loop of the scoring child: answer calls until there are no more."""

from __future__ import annotations

import select

from edgeagent.errors import EdgeAgentError, MalformedMessage, ModelError
from edgeagent.scoring.confinement import OUT_OF_MEMORY_EXIT, limited_cpu
from edgeagent.scoring.frames import (
    ANSWER_CAP_BYTES,
    CALL_CAP_BYTES,
    PipeClosed,
    ScoringAnswer,
    ScoringCall,
    failure_of,
    read_frame,
    write_frame,
)
from edgeagent.scoring.protocol import ROLLBACK_HINT, OutOfMemory, Scorer

__all__ = ["serve"]


def serve(
    calls: int,
    answers: int,
    *,
    scorer: Scorer,
    idle_seconds: float,
    cpu_seconds: float | None = None,
) -> None:
    """Answer calls until the input closes or the child is idle.

    Args:
        calls: descriptor to read calls from.
        answers: descriptor to write answers to.
        scorer: answers them.
        idle_seconds: how long to wait for the next call.
        cpu_seconds: CPU time that a call may take before this process is killed.

    Raises:
        SystemExit: a call exceeded the memory limit; the process may be in an undefined state, so a
            new one must answer.

    """
    while select.select([calls], [], [], idle_seconds)[0]:
        try:
            with limited_cpu(cpu_seconds):
                _reply(answers, _answer(scorer, calls, timeout_seconds=idle_seconds))
        except PipeClosed:
            return
        except (MemoryError, OutOfMemory):
            raise SystemExit(OUT_OF_MEMORY_EXIT) from None


def _answer(scorer: Scorer, calls: int, *, timeout_seconds: float) -> ScoringAnswer:
    try:
        call = read_frame(
            calls, ScoringCall, cap_bytes=CALL_CAP_BYTES, timeout_seconds=timeout_seconds
        )
        return _asked(scorer, call)
    except (PipeClosed, MemoryError, OutOfMemory):
        raise
    except EdgeAgentError as error:
        return failure_of(error)
    except Exception as error:  # noqa: BLE001  (any failure is reported to the parent)
        # Only the class name: the message of a foreign error might quote the history.
        return failure_of(
            ModelError(
                f"scoring failed: {type(error).__name__}",
                hint=ROLLBACK_HINT,
            )
        )


def _asked(scorer: Scorer, call: ScoringCall) -> ScoringAnswer:
    if call.rank is not None:
        return ScoringAnswer(picks=scorer.rank(call.rank))
    if call.split is not None:
        return ScoringAnswer(split=scorer.split(call.split))
    if call.segment is not None:
        return ScoringAnswer(segments=scorer.segment(call.segment))
    if call.trial is not None:
        return ScoringAnswer(trial=scorer.trial(call.trial))
    if call.verify is not None:
        scorer.verify(call.verify.files, call.verify.golden_path, claims=call.verify.claims)
    return ScoringAnswer(verified=True)


def _reply(answers: int, answer: ScoringAnswer) -> None:
    try:
        write_frame(answers, answer, cap_bytes=ANSWER_CAP_BYTES, timeout_seconds=None)
    except MalformedMessage as error:
        write_frame(answers, failure_of(error), cap_bytes=ANSWER_CAP_BYTES, timeout_seconds=None)
