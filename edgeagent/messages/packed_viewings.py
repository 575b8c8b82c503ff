"""Viewings as columns: what a window is while it travels from the store to the model.

A window of 500 viewings is one text and four blocks of numbers, so neither process makes an object
for each of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from math import isnan, nan
from typing import Self

from edgeagent.messages.codec import Message
from edgeagent.messages.viewing import Viewing

__all__ = ["PackedViewings"]

_AFTER = "\n"
"""No entity id contains it: ids have no control characters."""
_NUMBER_BYTES = 8

Row = tuple[str, int, float | None, int | None, bool]
"""The fields of a :class:`Viewing`, in its order."""


class PackedViewings(Message, frozen=True, kw_only=True, gc=False):
    """E viewings of one profile, without a profile; numbers are little-endian.

    Decoding checks the lengths; the code that reads the numbers as arrays checks their ranges
    (:func:`~edgeagent.features.window.watched_of`).
    """

    entity_ids: str = ""
    """One a line, each ended by a newline. Validated when they were stored; an invalid id matches
    no title."""
    watched_on: bytes = b""
    """[E] int64, seconds UTC."""
    progress_fraction: bytes = b""
    """[E] float64, 0-1; NaN where no app told it."""
    progress_seconds: bytes = b""
    """[E] float64, ≥ 0; NaN where no app told them."""
    completed: bytes = b""
    """[E] uint8, 0 or 1."""

    def __post_init__(self) -> None:
        """Raise unless all columns have one length."""
        count = len(self)
        numbers = (self.watched_on, self.progress_fraction, self.progress_seconds)
        if any(len(column) != _NUMBER_BYTES * count for column in numbers):
            raise ValueError("columns of viewings have different lengths")
        if self.entity_ids.count(_AFTER) != count:
            raise ValueError("there are not as many entity ids as viewings")

    @classmethod
    def of(cls, viewings: Iterable[Viewing]) -> Self:
        """Pack viewings.

        Raises:
            ValueError: an entity id contains a newline.

        """
        return cls.of_rows(
            [
                (v.entity_id, v.watched_on, v.progress_fraction, v.progress_seconds, v.completed)
                for v in viewings
            ]
        )

    @classmethod
    def of_rows(cls, rows: Iterable[Row]) -> Self:
        """Pack what viewings consist of; raises as :meth:`of` does."""
        columns = tuple(zip(*rows, strict=True))
        if not columns:
            return cls()
        ids, watched_on, fraction, seconds, completed = columns
        return cls(
            entity_ids=_AFTER.join((*ids, "")),
            watched_on=struct.pack(f"<{len(ids)}q", *watched_on),
            progress_fraction=_known(fraction),
            progress_seconds=_known(seconds),
            completed=bytes(completed),
        )

    def ids(self) -> list[str]:
        """Return [E] the entity ids."""
        return self.entity_ids.split(_AFTER)[:-1]

    def moments(self) -> set[tuple[str, int]]:
        """Return the title and the second of each, which tell two viewings apart."""
        return set(zip(self.ids(), self._seconds(), strict=True))

    def __len__(self) -> int:
        """Return E."""
        return len(self.completed)

    def __iter__(self) -> Iterator[Viewing]:
        """Unpack."""
        columns = (
            self.ids(),
            self._seconds(),
            self._floats(self.progress_fraction),
            self._floats(self.progress_seconds),
            self.completed,
        )
        for entity_id, watched_on, fraction, seconds, completed in zip(*columns, strict=True):
            yield Viewing(
                entity_id=entity_id,
                watched_on=watched_on,
                progress_fraction=None if isnan(fraction) else fraction,
                progress_seconds=None if isnan(seconds) else int(seconds),
                completed=bool(completed),
            )

    def _seconds(self) -> tuple[int, ...]:
        return struct.unpack(f"<{len(self)}q", self.watched_on)

    def _floats(self, column: bytes) -> tuple[float, ...]:
        return struct.unpack(f"<{len(self)}d", column)


def _known(values: tuple[float | None, ...]) -> bytes:
    known = [nan if value is None else value for value in values]
    return struct.pack(f"<{len(known)}d", *known)
