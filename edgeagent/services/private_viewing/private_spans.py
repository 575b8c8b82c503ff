"""When somebody watched privately, in the time of the boot, and what falls into it.

A clock that is set must neither end a private session nor move it. So a session is kept in boot
time, with every difference between a clock and the boot that was seen while it lasted: what is told
afterwards falls into it if by any of them, or by the present one, it may.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import msgspec

from edgeagent.messages.codec import Message

__all__ = ["Span", "Spans"]

_JITTER_SECONDS = 1
"""A clock tells whole seconds, so that its difference from the boot is good to one."""
_MOST_SPANS = 256
"""Older ones run together, so that nobody fills the memory by switching on and off."""
_MOST_OFFSETS = 64


class Span(Message, frozen=True, kw_only=True):
    """One private session, in seconds of boot time."""

    began: float
    ends: float
    offsets: tuple[float, ...]
    """What clocks showed beyond boot time while it lasted."""

    def is_on(self, boot_seconds: float) -> bool:
        """Say whether it is on."""
        return self.began <= boot_seconds < self.ends

    def covers(self, moment: int, offsets: Sequence[float]) -> bool:
        """Say whether what a clock called ``moment`` may have been in it."""
        return any(
            self.began - _JITTER_SECONDS <= moment - offset <= self.ends + _JITTER_SECONDS
            for offset in (*self.offsets, *offsets)
        )

    def ended(self, boot_seconds: float) -> Self:
        """Return it with its end now, if it is on."""
        if not self.is_on(boot_seconds):
            return self
        return msgspec.structs.replace(self, ends=boot_seconds)

    def seen(self, boot_seconds: float, offsets: Sequence[float]) -> Self:
        """Return it with what clocks show now, if it is on."""
        if not self.is_on(boot_seconds):
            return self
        return msgspec.structs.replace(self, offsets=_joined(self.offsets, offsets))


class Spans(Message, frozen=True, kw_only=True):
    """All private sessions of one boot, oldest first."""

    boot_id: str
    spans: tuple[Span, ...] = ()

    def ends_in(self, boot_seconds: float) -> float | None:
        """Return for how many seconds the present session goes on, or ``None``."""
        ends = [span.ends for span in self.spans if span.is_on(boot_seconds)]
        return max(ends) - boot_seconds if ends else None

    def covers(self, moment: int, offsets: Sequence[float]) -> bool:
        """Say whether what a clock called ``moment`` may have been in any of them."""
        return any(span.covers(moment, offsets) for span in self.spans)

    def stopped(self, boot_seconds: float) -> Self:
        """Return them with none that is on."""
        spans = tuple(span.ended(boot_seconds) for span in self.spans)
        return msgspec.structs.replace(self, spans=spans)

    def started(self, span: Span) -> Self:
        """Return them with another one, which takes the place of the present one."""
        spans = (*self.stopped(span.began).spans, span)
        if len(spans) > _MOST_SPANS:
            spans = (_both(spans[0], spans[1]), *spans[2:])
        return msgspec.structs.replace(self, spans=spans)

    def seen(self, boot_seconds: float, offsets: Sequence[float]) -> Self:
        """Return them with what clocks show now noted at the present one."""
        spans = tuple(span.seen(boot_seconds, offsets) for span in self.spans)
        return msgspec.structs.replace(self, spans=spans)


def _both(first: Span, second: Span) -> Span:
    """Return one that covers what both do, and what lies between: in doubt it was private."""
    return Span(
        began=min(first.began, second.began),
        ends=max(first.ends, second.ends),
        offsets=_joined(first.offsets, second.offsets),
    )


def _joined(known: Sequence[float], more: Sequence[float]) -> tuple[float, ...]:
    """Return the known ones and those more that differ from all; the nearest two give way."""
    joined = list(known)
    for offset in more:
        if all(abs(offset - other) > _JITTER_SECONDS for other in joined):
            joined.append(offset)
    while len(joined) > _MOST_OFFSETS:
        ordered = sorted(joined)
        lower, _ = min(pairwise(ordered), key=lambda pair: pair[1] - pair[0])
        joined.remove(lower)
    return tuple(joined)
