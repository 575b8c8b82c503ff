from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.errors import MalformedMessage
from edgeagent.messages import Catalogue, Title, decode_catalogue, encode_catalogue
from edgeagent.messages.catalogue import CATALOGUE_CAP_BYTES

TITLES = (
    Title(entity_id="film:1", title="A Film", genres=("Drama",), year=1999, age_rating=16),
    Title(entity_id="ep:1", title="Pilot", kind="episode", series_id="s:1", season=1, episode=0),
    Title(entity_id="s:1", title="A Series", kind="series", run_minutes=45),
)
ROWS = bytes(range(6))
SCALE = struct.pack("<3f", 0.5, 1.0, 2.0)
BIAS = struct.pack("<3f", 0.0, -1.0, 1.0)


def encoded(
    *,
    titles: tuple[Title, ...] = TITLES,
    rows: bytes = ROWS,
    scale: bytes = SCALE,
    bias: bytes = BIAS,
) -> bytes:
    return encode_catalogue(
        space_id="0123456789abcdef",
        dimension=2,
        issued_at=1_700_000_000,
        titles=titles,
        rows=rows,
        scale=scale,
        bias=bias,
    )


def repacked(packed_titles: bytes) -> bytes:
    """A catalogue whose header and length fit these compressed titles."""
    data = encoded()
    (length,) = struct.unpack_from("<I", data, 8)
    header = data[12 : 12 + length]
    before = int(header.split(b'"titles_bytes":')[1].rstrip(b"}"))
    header = header.replace(b"%d}" % before, b"%d}" % len(packed_titles))
    rest = data[12 + length + before :]
    return data[:8] + struct.pack("<I", len(header)) + header + packed_titles + rest


@pytest.mark.parametrize("field", ["year", "run_minutes", "age_rating", "available_until"])
@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"1999.5"])
def test_a_title_with_what_is_no_whole_number_is_refused(field: str, value: bytes) -> None:
    title = b'{"entity_id":"a","title":"A","%s":%s}' % (field.encode(), value)
    titles = b",".join([title, *(b'{"entity_id":"%d","title":"A"}' % n for n in range(2))])
    with pytest.raises(MalformedMessage, match="titles: "):
        decode_catalogue(repacked(zlib.compress(b"[" + titles + b"]")))


def parts(catalogue: Catalogue) -> tuple[bytes, bytes, bytes]:
    return bytes(catalogue.rows), bytes(catalogue.scale), bytes(catalogue.bias)


def test_a_catalogue_comes_back() -> None:
    catalogue = decode_catalogue(encoded())
    assert catalogue.titles == TITLES
    assert parts(catalogue) == (ROWS, SCALE, BIAS)
    header = catalogue.header
    assert (header.space_id, header.dimension, header.items) == ("0123456789abcdef", 2, 3)


def test_equal_catalogues_have_equal_bytes() -> None:
    assert encoded() == encoded()


def test_the_helper_of_these_tests_makes_catalogues_that_decode() -> None:
    titles = (
        b'[{"entity_id":"0","title":"t"},{"entity_id":"1","title":"t"},'
        b'{"entity_id":"2","title":"the last"}]'
    )
    assert decode_catalogue(repacked(zlib.compress(titles))).titles[2].title == "the last"


@pytest.mark.parametrize("cut", [0, 7, 8, 11, 12, 60, -1])
def test_a_cut_catalogue_is_refused(cut: int) -> None:
    with pytest.raises(MalformedMessage) as caught:
        decode_catalogue(encoded()[:cut])
    assert caught.value.hint


def test_a_longer_one_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="its header says"):
        decode_catalogue(encoded() + b"\0")


@settings(deadline=None)
@given(st.integers(0, len(encoded()) - 15), st.integers(1, 255))
def test_an_altered_byte_never_breaks_the_decoder(place: int, flip: int) -> None:
    data = bytearray(encoded())
    data[place] ^= flip
    try:
        decoded = decode_catalogue(bytes(data))
    except MalformedMessage:
        return
    assert len(decoded.titles) == decoded.header.items


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (b"not zlib at all", "titles"),
        (zlib.compress(b"[]"), "0 titles, its header says 3"),
        (zlib.compress(b"{}"), "titles"),
        (zlib.compress(b"[]") + b"tail", "truncated, or longer"),
        (zlib.compress(b"[" * 100_000), "titles"),
        (zlib.compress(b'[{"entity_id":"\xff"}]'), "titles"),
    ],
)
def test_bad_titles_are_refused(packed: bytes, said: str) -> None:
    with pytest.raises(MalformedMessage, match=said):
        decode_catalogue(repacked(packed))


def test_an_id_named_twice_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="named twice"):
        encoded(titles=(TITLES[0], TITLES[0], TITLES[2]))


@pytest.mark.parametrize("part", ["rows", "scale", "bias"])
def test_parts_of_a_wrong_length_are_not_written(part: str) -> None:
    with pytest.raises(MalformedMessage):
        encoded(**{part: b"\0"})  # type: ignore[arg-type]


def test_there_is_a_cap() -> None:
    with pytest.raises(MalformedMessage, match="at most"):
        decode_catalogue(memoryview(bytearray(CATALOGUE_CAP_BYTES + 1)))
