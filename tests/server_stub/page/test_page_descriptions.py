from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeagent.messages import SegmentLabel, Title, encode_catalogue
from edgeagent.messages.catalogue import decode_catalogue
from edgeagent.messages.manifest import BEFORE_1970
from server_stub.page.descriptions import carries, catalogue_in, describe
from tests.server_stub.loopback import make_manifest, reference

LABEL = SegmentLabel(
    name="Drama films, 1990s",
    sensitive=False,
    iab=(),
    kind="films",
    genres=("Drama",),
    era=1990,
    titles=("One",),
)


def title(**changes: Any) -> Title:
    fields: dict[str, Any] = {
        "entity_id": "a",
        "title": "One",
        "genres": ("Drama", "Crime"),
        "year": 1995,
    }
    return Title(**(fields | changes))


def label(**changes: Any) -> SegmentLabel:
    fields: dict[str, Any] = {name: getattr(LABEL, name) for name in LABEL.__struct_fields__}
    return SegmentLabel(**(fields | changes))


@pytest.mark.parametrize(
    ("one", "of", "carried"),
    [
        (title(), label(), True),
        (title(kind="series"), label(), False),
        (title(kind="episode"), label(kind="series"), True),
        (title(kind="series"), label(kind=None), True),
        (title(genres=("Crime",)), label(), False),
        (title(year=2001), label(), False),
        (title(year=None), label(), False),
        (title(year=None), label(era=None), True),
        (title(year=1969), label(era=BEFORE_1970), True),
        (title(year=1970), label(era=BEFORE_1970), False),
        (title(), label(theme="Trains"), True),
        (title(title="Two"), label(theme="Trains"), False),
        (title(genres=()), label(genres=()), True),
        (title(title="Two"), label(genres=()), False),
    ],
)
def test_a_title_carries_a_label_that_is_true_of_it(
    one: Title, of: SegmentLabel, *, carried: bool
) -> None:
    assert carries(one, of) is carried


def catalogue_of(*titles: Title, rows: bytes) -> bytes:
    count = len(titles)
    return encode_catalogue(
        space_id="0" * 16,
        dimension=len(rows) // count,
        issued_at=0,
        titles=titles,
        rows=rows,
        scale=b"\0\0\x80\x3f" * count,
        bias=bytes(4 * count),
    )


def test_titles_of_one_direction_are_as_alike_as_can_be() -> None:
    titles = [title(entity_id=name, title=name) for name in "ab"]
    other = title(entity_id="c", title="c", genres=("Comedy",))
    # [D, N]: two vectors (3, 4) and (6, 8) in one direction, and one that is all zero.
    data = catalogue_of(*titles, other, rows=bytes([3, 6, 0, 4, 8, 0]))
    labels = (LABEL, *[label(genres=("None",))] * 6, label(sensitive=True))
    found = describe(make_manifest(segments=labels), decode_catalogue(data), sensitive=[6])
    assert [one.category for one in found] == [0, 1, 2, 3, 4, 5]
    assert (found[0].title_count, found[0].titles) == (2, ("a", "b"))
    assert found[0].closeness == pytest.approx(1)
    assert found[0].usual_closeness == pytest.approx(2 / 3)
    assert (found[1].title_count, found[1].closeness) == (0, None)


def test_a_catalogue_is_found_under_either_name_and_missed_without_an_error(tmp_path: Path) -> None:
    target = reference("catalogue/titles.bin")
    folder = tmp_path / "targets" / "catalogue"
    folder.mkdir(parents=True)
    assert catalogue_in(tmp_path, target) is None
    (folder / "titles.bin").write_bytes(catalogue_of(title(), rows=b"\1\2"))
    found = catalogue_in(tmp_path, target)
    assert found is not None
    assert found.header.items == 1
    (folder / "titles.bin").write_bytes(b"damaged")
    assert catalogue_in(tmp_path, target) is None
