"""The answers to erasing."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import ErasureReason

__all__ = ["EraseShape", "ReceiptOfErasure"]


class ReceiptOfErasure(Shape, frozen=True, kw_only=True):
    """What was erased; holds nothing of what it was."""

    scope: Literal["history", "profile", "all"]
    reason: ErasureReason
    at: int
    data_keys_destroyed: bool
    key_encryption_key_destroyed: bool
    kept: tuple[str, ...]
    copies: str


class EraseShape(Shape, frozen=True, kw_only=True):
    """The first answer holds a confirmation, the second a receipt."""

    confirm: str | None
    erases: str
    """What the deed is, in words."""
    receipt: ReceiptOfErasure | None
