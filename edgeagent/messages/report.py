"""Report: the only data about a household that leaves the box, in 512 bytes."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgeagent.errors import MalformedMessage
from edgeagent.messages.codec import Message, canonical_bytes, decode
from edgeagent.messages.fields import TaskName, WeekNumber
from edgeagent.messages.task import MAX_CATEGORIES

__all__ = ["COUNT_LIMIT", "REPORT_BYTES", "Report", "decode_report", "encode_report"]

REPORT_BYTES = 512
"""Length of every body, whatever the task."""
COUNT_LIMIT = 999
"""Noisy counts are clamped to ± this, so that every report fits its 512 bytes."""
_FEWEST_COUNTS = 8  # logs may hold reports of releases before the closed set of sizes


class Report(Message, frozen=True, kw_only=True):
    """One randomised answer: a small integer for each category, 0 or 1 under Subset Selection."""

    report_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    """128 random bits, so that a retry is counted once; carries no other information."""
    task: TaskName
    week: WeekNumber
    counts: Annotated[
        tuple[Annotated[int, Meta(ge=-COUNT_LIMIT, le=COUNT_LIMIT)], ...],
        Meta(min_length=_FEWEST_COUNTS, max_length=MAX_CATEGORIES),
    ]


def encode_report(report: Report) -> bytes:
    """Encode a report as canonical JSON padded with trailing spaces to 512 bytes."""
    body = canonical_bytes(report)
    if len(body) > REPORT_BYTES:
        raise MalformedMessage(f"Report: {len(body)} bytes before padding, at most {REPORT_BYTES}")
    return body.ljust(REPORT_BYTES)


def decode_report(body: bytes) -> Report:
    """Decode a body of exactly 512 bytes, canonical up to its padding.

    Raises:
        MalformedMessage: wrong length, encoding, field or range.

    """
    if len(body) != REPORT_BYTES:
        raise MalformedMessage(
            f"Report: {len(body)} bytes, every report has {REPORT_BYTES}",
            hint="send the padded body unchanged",
        )
    return decode(body.rstrip(b" "), Report, cap_bytes=REPORT_BYTES, canonical=True)
