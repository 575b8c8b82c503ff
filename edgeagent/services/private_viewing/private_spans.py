"""The time spans of private sessions, in boot time, and which moments fall into them.

Setting the clock must neither end a private session nor move it. So a span is kept in boot time,
with every offset between clock and boot time that was observed while it lasted. A viewing reported
later is private if it falls into the span under any of these offsets or the present one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import msgspec

from edgeagent.messages.codec import Message

__all__ = ["Span", "Spans"]

_JITTER_SECONDS = 1
"""Clocks are read in whole seconds, so an offset from boot time is accurate to one second."""
_MOST_SPANS = 256
"""Older spans are merged, so that switching on and off cannot fill the memory."""
_MOST_OFFSETS = 64


class Span(Message, frozen=True, kw_only=True):
    """One private session, in seconds of boot time."""

    began: float
    ends: float
    offsets: tuple[float, ...]
    """Clock minus boot time, in seconds, as observed while it lasted."""

    def is_on(self, boot_seconds: float) -> bool:
        """Return whether it is on."""
        return self.began <= boot_seconds < self.ends

    def covers(self, moment: int, offsets: Sequence[float]) -> bool:
        """Return whether a viewing dated ``moment`` may have been in it."""
        return any(
            self.began - _JITTER_SECONDS <= moment - offset <= self.ends + _JITTER_SECONDS
            for offset in (*self.offsets, *offsets)
        )

    def ended(self, boot_seconds: float) -> Self:
        """Return it ended now, if it is on."""
        if not self.is_on(boot_seconds):
            return self
        return msgspec.structs.replace(self, ends=boot_seconds)

    def seen(self, boot_seconds: float, offsets: Sequence[float]) -> Self:
        """Return it with the present offsets added, if it is on."""
        if not self.is_on(boot_seconds):
            return self
        return msgspec.structs.replace(self, offsets=_joined(self.offsets, offsets))


class Spans(Message, frozen=True, kw_only=True):
    """All private sessions of one boot, oldest first."""

    boot_id: str
    spans: tuple[Span, ...] = ()

    def ends_in(self, boot_seconds: float) -> float | None:
        """Return the remaining seconds of the present session, or ``None``."""
        ends = [span.ends for span in self.spans if span.is_on(boot_seconds)]
        return max(ends) - boot_seconds if ends else None

    def covers(self, moment: int, offsets: Sequence[float]) -> bool:
        """Return whether a viewing dated ``moment`` may have been in any of them."""
        return any(span.covers(moment, offsets) for span in self.spans)

    def stopped(self, boot_seconds: float) -> Self:
        """Return them with the present session ended."""
        spans = tuple(span.ended(boot_seconds) for span in self.spans)
        return msgspec.structs.replace(self, spans=spans)

    def started(self, span: Span) -> Self:
        """Return them with a new session, which replaces the present one."""
        spans = (*self.stopped(span.began).spans, span)
        if len(spans) > _MOST_SPANS:
            spans = (_both(spans[0], spans[1]), *spans[2:])
        return msgspec.structs.replace(self, spans=spans)

    def seen(self, boot_seconds: float, offsets: Sequence[float]) -> Self:
        """Return them with the present offsets added to the present session."""
        spans = tuple(span.seen(boot_seconds, offsets) for span in self.spans)
        return msgspec.structs.replace(self, spans=spans)


def _both(first: Span, second: Span) -> Span:
    """Return one span over both and the time between: in doubt it was private."""
    return Span(
        began=min(first.began, second.began),
        ends=max(first.ends, second.ends),
        offsets=_joined(first.offsets, second.offsets),
    )


def _joined(known: Sequence[float], more: Sequence[float]) -> tuple[float, ...]:
    """Return the union of both without near duplicates; beyond the limit the nearest two merge."""
    joined = list(known)
    for offset in more:
        if all(abs(offset - other) > _JITTER_SECONDS for other in joined):
            joined.append(offset)
    while len(joined) > _MOST_OFFSETS:
        ordered = sorted(joined)
        lower, _ = min(pairwise(ordered), key=lambda pair: pair[1] - pair[0])
        joined.remove(lower)
    return tuple(joined)
