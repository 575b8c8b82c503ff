"""Titles of a catalogue in their encoded form, decoded one by one when looked up.

Ten thousand titles as objects take 5 MiB, most of which the interpreter keeps after they are freed:
one surviving small object holds a whole arena of 1 MiB. As bytes they take 0.5 to 1.5 MiB in one
block, which is returned to the system at once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import msgspec

from edgeagent.errors import MalformedMessage
from edgeagent.messages.catalogue import Title, plain_titles

__all__ = ["PackedTitles"]


class _Id(msgspec.Struct, frozen=True, gc=False):
    """The part of a title that is decoded for the index."""

    entity_id: str


_ID, _TITLE = msgspec.json.Decoder(_Id), msgspec.json.Decoder(Title)
_BETWEEN = b"},{"
"""Canonical JSON has this between two titles, and possibly inside a text."""


class PackedTitles:
    """Looks titles up by entity id."""

    def __init__(self, data: bytes) -> None:
        """Index the titles of a catalogue file that was validated before; ``data`` is not kept.

        Raises:
            MalformedMessage: it is not a catalogue, or a title in it has no id.

        """
        self._plain = plain_titles(data)
        self._starts, self._hashes = array("I"), array("q")
        for start, entity_id in _split(self._plain):
            self._starts.append(start)
            self._hashes.append(hash(entity_id))
        self._starts.append(len(self._plain))
        self._slots = array("I", bytes(4 << (2 * len(self)).bit_length()))
        """Open-addressing hash table: at the hash of an id, or in a slot after it, the 1-based
        index of its title; 0 is empty. More than half of the slots are empty."""
        for place, wanted in enumerate(self._hashes):
            slot = wanted % len(self._slots)
            while self._slots[slot]:
                slot = (slot + 1) % len(self._slots)
            self._slots[slot] = place + 1

    def find(self, entity_id: str) -> Title | None:
        """Return a title, or ``None`` if there is none with this id."""
        wanted = hash(entity_id)
        slot = wanted % len(self._slots)
        while place := self._slots[slot]:
            if self._hashes[place - 1] == wanted:
                title = self._title(place - 1)
                if title.entity_id == entity_id:
                    return title
            slot = (slot + 1) % len(self._slots)
        return None

    def __iter__(self) -> Iterator[Title]:
        """All titles, in the order of the file."""
        return map(self._title, range(len(self)))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._hashes)

    def _title(self, place: int) -> Title:
        start, after = self._starts[place], self._starts[place + 1]
        return _TITLE.decode(memoryview(self._plain)[start : after - 1])


def _split(plain: bytes) -> Iterator[tuple[int, str]]:
    """Yield the offset of each title, and its id."""
    start, after, last = 1, 1, len(plain) - 1
    while start < last:
        found = plain.find(_BETWEEN, after)
        after = last if found < 0 else found + 1
        try:
            entity_id = _ID.decode(memoryview(plain)[start:after]).entity_id
        except msgspec.DecodeError as error:
            if after == last:
                raise MalformedMessage(
                    f"catalogue: a title without an id: {error}", hint="edgeagent model update"
                ) from error
            continue  # the separator was inside a text
        yield start, entity_id
        start = after = after + 1
