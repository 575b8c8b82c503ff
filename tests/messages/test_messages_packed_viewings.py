from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.messages import PackedViewings, Viewing
from edgeagent.messages.fields import LAST_SECOND, MAX_PROGRESS_SECONDS

ONE = Viewing(entity_id="t:1", watched_on=5, progress_fraction=0.5)

viewings = st.lists(
    st.builds(
        Viewing,
        entity_id=st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20),
        watched_on=st.integers(0, LAST_SECOND),
        progress_fraction=st.none() | st.floats(0, 1),
        progress_seconds=st.none() | st.integers(0, MAX_PROGRESS_SECONDS),
        completed=st.booleans(),
    )
)


@given(viewings)
def test_what_was_packed_comes_out(history: list[Viewing]) -> None:
    packed = PackedViewings.of(history)
    assert list(packed) == history
    assert len(packed) == len(history)
    assert packed.moments() == {(v.entity_id, v.watched_on) for v in history}
    sent = msgspec.msgpack.encode(packed)
    assert list(msgspec.msgpack.decode(sent, type=PackedViewings)) == history


def test_nothing_packed_is_nothing() -> None:
    assert PackedViewings.of(()) == PackedViewings()
    assert not PackedViewings()


@pytest.mark.parametrize("column", PackedViewings.__struct_fields__)
@pytest.mark.parametrize("shorter", [True, False])
def test_columns_of_different_lengths_are_refused(column: str, *, shorter: bool) -> None:
    sound = msgspec.structs.asdict(PackedViewings.of([ONE, ONE]))
    value = sound[column]
    broken = {**sound, column: value[: len(value) // 2] if shorter else value + value}
    with pytest.raises(msgspec.ValidationError, match="viewings"):
        msgspec.msgpack.decode(msgspec.msgpack.encode(broken), type=PackedViewings)


def test_an_id_on_two_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="entity ids"):
        PackedViewings.of([Viewing(entity_id="t:1\nt:2", watched_on=1)])
