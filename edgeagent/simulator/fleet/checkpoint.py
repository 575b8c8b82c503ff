"""What a run that was cut short had finished, so that it goes on from there.

Sums of whole batches, by week, and the numbers of these batches: they are the same whatever the
order, so a resumed run ends in the same numbers, bit for bit. The file begins with the SHA-256 of
the rest and holds the scenario. Where either does not fit, the run starts over: what is lost is
computing time alone.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np

from edgeagent import __version__
from edgeagent.errors import OutputError
from edgeagent.regular_file import open_regular
from edgeagent.simulator.fleet.batch import BatchSums, FleetBatch
from edgeagent.simulator.fleet.scenario import Scenario
from edgeagent.simulator.output_directory import make_output_directory

__all__ = ["CHECKPOINT_NAME", "FleetProgress", "forget", "resume", "save"]

CHECKPOINT_NAME = "fleet-checkpoint.json"


@dataclass(slots=True)
class FleetProgress:
    """The sums so far."""

    weeks: dict[int, tuple[tuple[int, ...], BatchSums]] = field(default_factory=dict)
    """For each week, counted from the first of the run: its finished batches and their sums. They
    change in one step, so that an interrupt does not part them."""

    def add(self, batch: FleetBatch, sums: BatchSums) -> None:
        """Count a batch."""
        numbers, before = self.weeks.get(batch.index, ((), None))
        together = sums if before is None else before + sums
        self.weeks[batch.index] = (*numbers, batch.number), together

    def has(self, batch: FleetBatch) -> bool:
        """Return whether it was counted."""
        return batch.index in self.weeks and batch.number in self.weeks[batch.index][0]

    def sums(self, index: int) -> BatchSums | None:
        """Return the sums of a week; ``None`` if none of its batches was counted."""
        return self.weeks[index][1] if index in self.weeks else None

    @property
    def batches(self) -> int:
        """How many were counted."""
        return sum(len(numbers) for numbers, _ in self.weeks.values())


def save(path: Path, scenario: Scenario, progress: FleetProgress) -> None:
    """Replace the checkpoint in one step.

    It is not synced: after a power cut it may be empty, which is noticed and costs time alone.

    Raises:
        OutputError: it cannot be written.

    """
    body = _identity(scenario) + b"\n" + msgspec.json.encode(progress)
    # A name of its own for each process: another run may save to the same directory.
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        make_output_directory(path.parent)
        beside.write_bytes(_digest(body) + b"\n" + body)
        beside.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}",
            hint="free disk space, or choose another --out",
        ) from error


def resume(path: Path, scenario: Scenario) -> tuple[FleetProgress, str | None]:
    """Return the progress of an earlier run, and a note for people if there is one.

    Raises:
        OutputError: the file is there and cannot be read.

    """
    try:
        with open_regular(path) as file:
            digest, _, body = file.read().partition(b"\n")
    except FileNotFoundError:
        return FleetProgress(), None
    except OSError as error:
        raise OutputError(
            f"{path} cannot be read: {error.strerror or error}",
            hint="delete it, or choose another --out",
        ) from error
    if digest != _digest(body):
        return FleetProgress(), f"{path} is damaged: the fleet started over"
    of, _, sums = body.partition(b"\n")
    if of != _identity(scenario):
        return FleetProgress(), f"{path} is of another run: the fleet started over"
    progress = msgspec.json.decode(sums, type=FleetProgress)
    return progress, f"the fleet went on from {path}, where {progress.batches:,} batches were done"


def forget(path: Path) -> None:
    """Delete the checkpoint of a finished run."""
    with suppress(OSError):
        path.unlink()


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def _identity(scenario: Scenario) -> bytes:
    """Return what the numbers hang on: numpy may change its generators from release to release."""
    programs = f"edgeagent {__version__}, numpy {np.__version__}: "
    return programs.encode() + msgspec.json.encode(scenario, enc_hook=_fraction, order="sorted")


def _fraction(value: object) -> str:
    if isinstance(value, Fraction):
        return str(value)
    message = f"{type(value).__name__} in a scenario"
    raise NotImplementedError(message)  # so msgspec is told that a hook does not know a type
