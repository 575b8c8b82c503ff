from __future__ import annotations

from edgeagent.messages import Title
from model_export.metadata import Metadata, bags


def test_each_field_is_a_bag_of_distinct_folded_tokens() -> None:
    title = Title(
        entity_id="e",
        title="The Low, Low Tide 2",
        kind="episode",
        genres=("Drama", "drama", "Sci-Fi"),
        year=1999,
        series_id="S 1",
        franchise="Tides",
    )
    metadata = Metadata(
        people=("Nadine  Quill", "nadine quill"),
        keywords=("Sea", " "),
        series="The Tides",
        description="A sea, a SEA and a lighthouse.",
    )
    assert bags(title, metadata) == {
        "kind": ("episode",),
        "genre": ("drama", "sci-fi"),
        "decade": ("1990",),
        "series": ("s 1",),
        "franchise": ("tides",),
        "word": ("the", "low", "tide"),
        "person": ("nadine quill",),
        "keyword": ("sea",),
        "about": ("sea", "and", "lighthouse"),
    }


def test_what_is_not_said_has_no_tokens() -> None:
    empty = bags(Title(entity_id="e", title="??"))
    assert empty.pop("kind") == ("film",)
    assert not any(empty.values())
    assert bags(Title(entity_id="e", title="A"), Metadata(series="Tides"))["series"] == ("tides",)
