"""Answers about erasure."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import ErasureReason

__all__ = ["EraseShape", "ReceiptOfErasure"]


class ReceiptOfErasure(Shape, frozen=True, kw_only=True):
    """Proof of an erasure; it holds nothing of what was erased."""

    scope: Literal["history", "profile", "all"]
    """What was erased."""
    reason: ErasureReason
    """Why."""
    at: int
    """When, seconds UTC."""
    data_keys_destroyed: bool
    """Whether the keys of the databases are gone."""
    key_encryption_key_destroyed: bool
    """Whether the key that protects them is gone."""
    kept: tuple[str, ...]
    """What is kept, and why."""
    copies: str
    """What this means for copies of the files."""


class EraseShape(Shape, frozen=True, kw_only=True):
    """The first call's answer holds a confirmation, the second's a receipt."""

    confirm: str | None
    """To be sent back within 2 minutes; null in the second answer."""
    wait_seconds: int
    """For how long the second call is refused: everything is erased only after a countdown where
    there is a profile lock, because it needs no PIN."""
    erases: str
    """What is erased, in words."""
    receipt: ReceiptOfErasure | None
    """Null in the first answer."""
