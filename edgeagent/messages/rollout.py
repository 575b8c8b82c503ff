"""Rollout: a new model that only some boxes put into use yet.

Every box fetches the files of both models, so that no download tells which one a box uses. It draws
one number in [0, 100) for each candidate, keeps it to itself, and uses the candidate while the
number is less than ``percent``: a higher percentage only ever adds boxes.
"""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Message, canonical_bytes, decode, sha256_hex
from edgeagent.messages.manifest import MANIFEST_CAP_BYTES, ModelManifest

__all__ = ["ROLLOUT_CAP_BYTES", "Percent", "Rollout", "decode_rollout"]

ROLLOUT_CAP_BYTES = MANIFEST_CAP_BYTES + 64
"""A manifest, and two keys and a number around it."""

Percent = Literal[1, 5, 10, 25, 50]
"""Few steps: each is a decision of a person. At 100 the candidate is the manifest itself."""


class Rollout(Message, frozen=True, kw_only=True):
    """The candidate, beside the manifest of the model that is in use everywhere else."""

    candidate: ModelManifest
    percent: Percent

    def candidate_sha256(self) -> str:
        """Return the hash of the candidate's manifest, for which a box draws its number."""
        return sha256_hex(canonical_bytes(self.candidate))


def decode_rollout(data: bytes) -> Rollout:
    """Decode a rollout (canonical).

    Raises:
        MalformedMessage: the message names the field at fault.

    """
    return decode(data, Rollout, cap_bytes=ROLLOUT_CAP_BYTES, canonical=True)
