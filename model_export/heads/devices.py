"""Where head ``timescales`` is trained: on the processor, or on a GPU by CUDA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from edgeagent.errors import InputError

__all__ = ["DEVICES", "Device", "TrainingDevice", "chosen_device"]

Device = Literal["auto", "cpu", "cuda"]
TrainingDevice = Literal["cpu", "cuda"]

DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda")


def chosen_device(asked: Device, why_no_cuda: Callable[[], str]) -> TrainingDevice:
    """Return where to train: where it was asked for, or with ``auto`` on a GPU if there is one.

    Args:
        asked: what the caller wants.
        why_no_cuda: says why nothing can be trained by CUDA here; an empty text where it can. It is
            not asked for ``cpu``, since asking a GPU takes seconds and memory of it.

    Raises:
        InputError: ``cuda`` was asked for and is not there.

    """
    if asked == "cpu":
        return "cpu"
    why = why_no_cuda()
    if not why:
        return "cuda"
    if asked == "cuda":
        raise InputError(
            f"--device cuda: {why}",
            hint="train on the processor with --device cpu; 'nvidia-smi' says which GPUs there are",
        )
    return "cpu"
