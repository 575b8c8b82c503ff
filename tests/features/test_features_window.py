from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.errors import MalformedMessage
from edgeagent.features.catalogue import TYPICAL_RUN_MINUTES, CatalogueView
from edgeagent.features.window import (
    MAX_HISTORY,
    UNKNOWN_COMPLETION_FRACTION,
    Window,
    completion,
    history_window,
    is_latest,
    padded,
    session_window,
    watched_of,
)
from edgeagent.messages import PackedViewings, Title, Viewing
from edgeagent.messages.fields import LAST_SECOND

TITLES = 6
NOW = 1_000 * 86_400
CATALOGUE = CatalogueView(
    space_id="0" * 16,
    issued_at=0,
    titles=tuple(
        Title(entity_id=f"t:{n}", title=f"T{n}", run_minutes=60 if n else None)
        for n in range(TITLES)
    ),
    index={f"t:{n}": n for n in range(TITLES)},
    vectors=np.arange(2 * TITLES, dtype=np.int8).reshape(2, TITLES).T,
    scale=np.full(TITLES, 0.5, dtype=np.float32),
    bias=np.zeros(TITLES, dtype=np.float32),
    run_seconds=np.array([60.0 * TYPICAL_RUN_MINUTES, *[3600.0] * (TITLES - 1)]),
)
viewings = st.builds(
    Viewing,
    entity_id=st.sampled_from([f"t:{n}" for n in range(TITLES)] + ["unknown"]),
    watched_on=st.integers(NOW - 5, NOW + 5) | st.integers(0, 2 * NOW),
    progress_fraction=st.none() | st.floats(0, 1),
    progress_seconds=st.none() | st.integers(0, 10_000),
    completed=st.booleans(),
)
histories = st.lists(viewings, max_size=30)


def _seen(entity_id: str, watched_on: int = NOW, fraction: float = 1.0) -> Viewing:
    return Viewing(entity_id=entity_id, watched_on=watched_on, progress_fraction=fraction)


def _equal(left: Window, right: Window) -> bool:
    return all(
        np.array_equal(getattr(left, name), getattr(right, name)) for name in Window.__slots__
    )


@pytest.mark.parametrize(
    ("completed", "fraction", "seconds", "run_minutes", "expected"),
    [
        (True, 0.1, 1, 60, 1.0),
        (False, 0.25, 3600, 60, 0.25),
        (False, 7.0, None, 60, 1.0),
        (False, -1.0, None, 60, 0.0),
        (False, None, 900, 60, 0.25),
        (False, None, 90_000, 60, 1.0),
        (False, None, 0, 60, 0.0),
        (False, None, 60 * TYPICAL_RUN_MINUTES // 2, None, 0.5),
        (False, None, None, 60, UNKNOWN_COMPLETION_FRACTION),
    ],
)
def test_completion(
    *,
    completed: bool,
    fraction: float | None,
    seconds: int | None,
    run_minutes: int | None,
    expected: float,
) -> None:
    nan = float("nan")
    got = completion(
        completed=np.array([completed]),
        progress_fraction=np.array([nan if fraction is None else fraction]),
        progress_seconds=np.array([nan if seconds is None else seconds]),
        run_seconds=np.array([60.0 * (run_minutes or TYPICAL_RUN_MINUTES)]),
    )
    assert got.tolist() == [expected]


def test_a_viewing_is_measured_if_the_app_said_how_far_it_went() -> None:
    watched = watched_of(
        PackedViewings.of(
            [
                Viewing(entity_id="t:1", watched_on=1, completed=True),
                Viewing(entity_id="t:2", watched_on=2, progress_fraction=0.5),
                Viewing(entity_id="t:3", watched_on=3, progress_seconds=1800),
                Viewing(entity_id="t:4", watched_on=4),
                Viewing(entity_id="unknown", watched_on=5, completed=True),
            ]
        ),
        CATALOGUE,
    )
    assert len(watched) == 4
    assert watched.measured.tolist() == [True, True, True, False]
    assert watched.completion.tolist() == [1.0, 0.5, 0.5, UNKNOWN_COMPLETION_FRACTION]


def test_a_window_holds_embeddings_weights_and_ages_in_order_of_time() -> None:
    day = 86_400
    window = history_window(
        [
            Viewing(entity_id="t:3", watched_on=NOW - day, progress_seconds=900),
            Viewing(entity_id="t:1", watched_on=NOW - 3 * day, completed=True),
        ],
        CATALOGUE,
        now=NOW,
    )
    assert window.columns.tolist() == [1, 3]
    assert window.history_embeddings.tolist() == [[0.5, 3.5], [1.5, 4.5]]
    assert window.history_weights.tolist() == [1.0, 0.25]
    assert window.history_age_days.tolist() == [3.0, 1.0]
    assert {getattr(window, name).dtype for name in Window.__slots__[1:]} == {np.dtype("float32")}


@given(st.lists(st.integers(0, 5), max_size=12))
def test_the_latest_row_of_each_title_is_found(columns: list[int]) -> None:
    expected = [column not in columns[row + 1 :] for row, column in enumerate(columns)]
    assert is_latest(np.array(columns, dtype=np.intp), titles=6).tolist() == expected


def test_an_empty_history_is_an_empty_window() -> None:
    window = history_window([], CATALOGUE, now=NOW)
    assert len(window) == 0
    assert window.history_embeddings.shape == (0, 2)


@pytest.mark.parametrize("known", [0, 1, 3, MAX_HISTORY])
def test_padding_stands_before_the_oldest_and_weighs_nothing(known: int) -> None:
    window = history_window([_seen("t:1", NOW - 60 * n) for n in range(known)], CATALOGUE, now=NOW)
    full = padded(window)
    assert len(full) == MAX_HISTORY
    assert full.history_embeddings.dtype == full.history_weights.dtype == np.float32
    missing = MAX_HISTORY - known
    assert not full.history_weights[:missing].any()
    assert not full.history_embeddings[:missing].any()
    kept = Window(
        columns=full.columns[missing:],
        history_embeddings=full.history_embeddings[missing:],
        history_weights=full.history_weights[missing:],
        history_age_days=full.history_age_days[missing:],
    )
    assert _equal(kept, window)


def test_a_title_watched_again_is_two_rows() -> None:
    window = history_window([_seen("t:2", NOW - 86_400), _seen("t:2")], CATALOGUE, now=NOW)
    assert window.columns.tolist() == [2, 2]
    assert window.history_age_days.tolist() == [1.0, 0.0]


def test_the_last_events_stay_and_what_weighs_nothing_takes_no_place() -> None:
    old = [_seen("t:1", NOW - 10_000 + n) for n in range(MAX_HISTORY + 20)]
    nothing = [_seen("t:2", NOW, fraction=0.0), _seen("unknown"), _seen("t:4")]
    window = history_window([*nothing, *old], CATALOGUE, now=NOW, left_out={"t:4"})
    assert len(window) == MAX_HISTORY
    assert set(window.columns.tolist()) == {1}
    assert _equal(window, history_window(old[20:], CATALOGUE, now=NOW))


@given(histories, st.sets(st.sampled_from(["t:0", "t:1", "t:5"])))
def test_a_left_out_title_is_as_if_it_had_never_been_watched(
    history: list[Viewing], left_out: set[str]
) -> None:
    without = [viewing for viewing in history if viewing.entity_id not in left_out]
    assert _equal(
        history_window(history, CATALOGUE, now=NOW, left_out=left_out),
        history_window(without, CATALOGUE, now=NOW),
    )


@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(history: list[Viewing], shuffle: object) -> None:
    shuffled = history.copy()
    shuffle.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random is not exported
    assert _equal(
        history_window(history, CATALOGUE, now=NOW), history_window(shuffled, CATALOGUE, now=NOW)
    )


@given(histories)
def test_ages_are_not_negative_and_weights_lie_above_0_up_to_1(history: list[Viewing]) -> None:
    window = history_window(history, CATALOGUE, now=NOW)
    assert (window.history_age_days >= 0).all()
    assert ((window.history_weights > 0) & (window.history_weights <= 1)).all()
    future = [v.watched_on >= NOW for v in history if v.watched_on > NOW - 1]
    assert (window.history_age_days == 0).sum() <= len(future)


def test_a_viewing_from_the_future_is_of_age_0() -> None:
    window = history_window([_seen("t:1", NOW + 86_400)], CATALOGUE, now=NOW)
    assert window.history_age_days.tolist() == [0.0]


def test_a_session_is_seen_from_its_own_end() -> None:
    session = (_seen("t:1", NOW - 43_200), _seen("t:2", NOW))
    assert session_window(session, CATALOGUE).history_age_days.tolist() == [0.5, 0.0]
    assert len(session_window((), CATALOGUE)) == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("watched_on", np.int64(-1)),
        ("watched_on", np.int64(LAST_SECOND + 1)),
        ("progress_fraction", np.float64(-0.1)),
        ("progress_fraction", np.float64(1.1)),
        ("progress_seconds", np.float64(-1.0)),
        ("completed", np.uint8(2)),
    ],
)
def test_a_number_out_of_range_is_refused(column: str, value: np.generic) -> None:
    packed = PackedViewings.of([_seen("t:1")])
    broken = msgspec.structs.replace(packed, **{column: value.tobytes()})
    with pytest.raises(MalformedMessage, match=column):
        watched_of(broken, CATALOGUE)
