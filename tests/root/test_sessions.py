from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.messages import Title, Viewing
from edgeagent.sessions import SESSION_GAP_SECONDS, split_sessions, watched_seconds

MINUTE = 60
FILM = Title(entity_id="film", title="A Film", run_minutes=90)
EPISODE = Title(entity_id="episode", title="An Episode", kind="episode")
TITLES = {title.entity_id: title for title in (FILM, EPISODE)}


def viewing(entity_id: str = "film", watched_on: int = 0, **fields: object) -> Viewing:
    return Viewing(entity_id=entity_id, watched_on=watched_on, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "title", "minutes"),
    [
        (viewing(progress_seconds=7 * MINUTE), FILM, 7),
        (viewing(progress_seconds=0, completed=True), FILM, 0),
        (viewing(progress_fraction=0.5), FILM, 45),
        (viewing(progress_fraction=0.5, completed=True), FILM, 90),
        (viewing(), FILM, 90),
        (viewing(), EPISODE, 40),
        (viewing(progress_fraction=0.25), EPISODE, 10),
        (viewing(), Title(entity_id="film", title="Of Unknown Length"), 100),
        (viewing(), None, 100),
    ],
)
def test_how_long_a_viewing_took(seen: Viewing, title: Title | None, minutes: int) -> None:
    assert watched_seconds(seen, title) == minutes * MINUTE


def test_nothing_watched_is_no_session() -> None:
    assert split_sessions([], TITLES.get) == ()


def test_the_gap_counts_from_the_end_of_one_to_the_start_of_the_next() -> None:
    first = viewing("film", 100_000)
    start = 100_000 + SESSION_GAP_SECONDS
    together = viewing("episode", start + 40 * MINUTE)
    apart = viewing("episode", start + 40 * MINUTE + 1)
    assert split_sessions([first, together], TITLES.get) == ((first, together),)
    assert split_sessions([first, apart], TITLES.get) == ((first,), (apart,))


def test_a_chain_of_short_gaps_is_one_session() -> None:
    binge = [viewing("episode", 100_000 + n * 60 * MINUTE) for n in range(8)]
    assert split_sessions(binge, TITLES.get) == (tuple(binge),)


def test_viewings_that_overlap_are_one_session() -> None:
    two = [viewing("film", 100_000), viewing("episode", 100_010)]
    assert split_sessions(two, TITLES.get) == (tuple(two),)


def test_of_two_that_end_together_the_longer_reaches_back() -> None:
    before = viewing("film", 100_000)
    short = viewing("film", 105_000, progress_seconds=0)
    long = viewing("film", 105_000, progress_seconds=4000)
    for order in ([before, short, long], [long, short, before]):
        assert split_sessions(order, TITLES.get) == ((before, long, short),)


viewings = st.lists(
    st.builds(
        viewing,
        st.sampled_from(["film", "episode", "unknown"]),
        st.integers(0, 700_000),
        progress_seconds=st.none() | st.integers(0, 9000),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(viewings, st.randoms())
def test_every_viewing_is_in_one_session_whatever_the_order(
    seen: list[Viewing], random: Random
) -> None:
    sessions = split_sessions(seen, TITLES.get)
    ordered = [entry for session in sessions for entry in session]
    assert sorted(map(repr, ordered)) == sorted(map(repr, seen))
    assert [entry.watched_on for entry in ordered] == sorted(entry.watched_on for entry in seen)
    shuffled = list(seen)
    random.shuffle(shuffled)
    again = split_sessions(shuffled, TITLES.get)
    assert [len(session) for session in again] == [len(session) for session in sessions]


@settings(deadline=None)
@given(viewings)
def test_neighbouring_sessions_lie_more_than_the_gap_apart(seen: list[Viewing]) -> None:
    sessions = split_sessions(seen, TITLES.get)
    for earlier, later in pairwise(sessions):
        title = TITLES.get(later[0].entity_id)
        start = later[0].watched_on - watched_seconds(later[0], title)
        assert start - earlier[-1].watched_on > SESSION_GAP_SECONDS
