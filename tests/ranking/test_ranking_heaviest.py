"""Which titles weigh most, and that their shares are parts of one whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.messages import Reason
from edgeagent.ranking.heaviest import heaviest


def part(entity_id: str | None, contribution: float) -> Reason:
    return Reason(
        kind="rest" if entity_id is None else "watched",
        entity_id=entity_id,
        title=f"Title {entity_id}",
        contribution=contribution,
        share_fraction=0.0,
    )


def test_each_title_comes_once_the_heaviest_first() -> None:
    parts = [part("b", 1.0), part("a", 1.0), part("c", 2.0), part("c", 1.0), part(None, 9.0)]
    found = heaviest(parts, most=2)
    assert [(reason.entity_id, reason.title, reason.contribution) for reason in found] == [
        ("c", "Title c", 3.0),
        ("a", "Title a", 1.0),
    ]
    assert found[0].share_fraction == pytest.approx(3 / 14)


def test_what_lowered_a_score_is_part_of_the_whole_and_never_named() -> None:
    (found,) = heaviest([part("a", 1.0), part("a", -5.0), part("b", -2.0)], most=9)
    assert (found.entity_id, found.contribution, found.share_fraction) == ("a", 1.0, 0.125)


def test_where_nothing_raised_anything_nothing_is_named() -> None:
    assert heaviest([], most=3) == ()
    assert heaviest([part("a", 0.0), part(None, 1.0)], most=3) == ()


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.floats(-1e6, 1e6))),
    st.integers(0, 5),
)
def test_shares_add_up_to_one_at_most(parts: list[tuple[str | None, float]], most: int) -> None:
    found = heaviest((part(*each) for each in parts), most=most)
    assert len(found) <= most
    assert sum(reason.share_fraction for reason in found) <= 1 + 1e-9
    assert all(reason.contribution > 0 for reason in found)
