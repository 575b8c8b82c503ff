"""The portrait of a panel's segments, a file between exporter and server."""

from __future__ import annotations

import msgspec
import pytest

from edgeagent.errors import MalformedMessage
from edgeagent.messages import canonical_bytes
from edgeagent.messages.portrait import PORTRAIT_CAP_BYTES, decode_portrait
from tests.server_stub.planning.audiences import portrait


def test_a_portrait_is_read_as_it_was_written() -> None:
    assert decode_portrait(canonical_bytes(portrait())) == portrait()


def test_the_largest_portrait_fits_the_cap() -> None:
    one = msgspec.structs.replace(
        portrait().segments[0],
        name="🎬" * 200,
        titles=("🎬" * 200,) * 16,
        genres=portrait().segments[0].genres * 8,
        decades=portrait().segments[0].genres * 8,
        themes=portrait().segments[0].genres * 8,
        homes=(1 / 3,) * 64,
    )
    largest = portrait(segments=(one,) * 64)
    assert decode_portrait(canonical_bytes(largest)) == largest
    assert len(canonical_bytes(largest)) < PORTRAIT_CAP_BYTES


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"people": 0}, r"people"),
        ({"segments": msgspec.to_builtins(portrait().segments[:7])}, "homes are not one for each"),
    ],
)
def test_portraits_that_cannot_be_are_refused(spoil: dict[str, object], said: str) -> None:
    with pytest.raises(MalformedMessage, match=said):
        decode_portrait(canonical_bytes(msgspec.to_builtins(portrait()) | spoil))
