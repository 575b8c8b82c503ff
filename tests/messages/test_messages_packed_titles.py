"""Titles that stay packed are the titles of the catalogue, whatever their texts hold."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.errors import MalformedMessage
from edgeagent.messages import PackedTitles, Title, canonical_bytes, encode_catalogue
from edgeagent.messages import catalogue as layout

texts = st.text(
    st.sampled_from('ab},{"\\ é\U0001f3ac') | st.characters(exclude_categories=["Cs"]),
    min_size=1,
    max_size=12,
)
titles = st.lists(
    st.builds(
        Title,
        entity_id=st.from_regex(r"[a-z]{1,3}:[0-9]{1,3}", fullmatch=True),
        title=texts,
        genres=st.lists(texts, max_size=3).map(tuple),
        franchise=st.none() | texts,
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda title: title.entity_id,
).map(tuple)


def catalogue(listed: tuple[Title, ...]) -> bytes:
    count = len(listed)
    return encode_catalogue(
        space_id="0" * 16,
        dimension=1,
        issued_at=0,
        titles=listed,
        rows=bytes(count),
        scale=b"\0\0\x80\x3f" * count,
        bias=bytes(4 * count),
    )


@given(titles)
def test_every_title_is_found_and_nothing_else(listed: tuple[Title, ...]) -> None:
    packed = PackedTitles(catalogue(listed))
    assert tuple(packed) == listed
    assert len(packed) == len(listed)
    for title in listed:
        assert packed.find(title.entity_id) == title
        assert packed.find(f"{title.entity_id}0000") is None


def test_a_text_that_looks_like_the_end_of_a_title_is_none() -> None:
    listed = (
        Title(entity_id="a:1", title='},{"entity_id":"z:9"},{'),
        Title(entity_id="b:2", title="},{", franchise="},{"),
    )
    packed = PackedTitles(catalogue(listed))
    assert tuple(packed) == listed
    assert packed.find("b:2") == listed[1]
    assert packed.find("z:9") is None


class SameHash(str):
    """An id that meets others in the index."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash("a:1")


def test_an_id_that_falls_on_another_ones_place_is_not_taken_for_it() -> None:
    packed = PackedTitles(catalogue((Title(entity_id="a:1", title="One"),)))
    assert packed.find(SameHash("b:2")) is None
    found = packed.find(SameHash("a:1"))
    assert found is not None
    assert found.title == "One"


def test_what_is_no_catalogue_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        PackedTitles(b"no catalogue")


def test_a_title_without_an_id_is_refused() -> None:
    packed = zlib.compress(b'[{"title":"Whose?"}]')
    header = canonical_bytes(
        layout.CatalogueHeader(
            space_id="0" * 16, dimension=1, items=1, titles_bytes=len(packed), issued_at=0
        )
    )
    length = layout._LENGTH.pack(len(header))
    with pytest.raises(MalformedMessage, match="without an id"):
        PackedTitles(layout._MAGIC + length + header + packed)
