from __future__ import annotations

import pytest

from edgeagent.messages import Title
from edgeagent.ranking.candidates import WATCHED_FRACTION, Seen, Shelf


def _episode(season: int | None, episode: int | None, *, suffix: str = "") -> Title:
    return Title(
        entity_id=f"e:{season}.{episode}{suffix}",
        title="Episode",
        kind="episode",
        series_id="series",
        season=season,
        episode=episode,
    )


TITLES = (
    Title(entity_id="film", title="Film"),  # 0
    Title(entity_id="series", title="Series", kind="series"),  # 1
    _episode(2, 1),  # 2: out of order on purpose
    _episode(1, 1),  # 3
    _episode(1, 2),  # 4
    _episode(0, 1),  # 5: a special
    _episode(1, None),  # 6: without a number
    Title(entity_id="adult", title="Adult", age_rating=18),  # 7
    Title(entity_id="lone", title="Lone", kind="episode"),  # 8: of no series
)
SHELF = Shelf.of(TITLES)


def _seen(column: int, fraction: float = 1.0, at: int = 0) -> Seen:
    return Seen(column=column, watched_on=at, completion_fraction=fraction)


def _shown(*seen: Seen, hidden: tuple[int, ...] = (), age: int = 21) -> list[int]:
    return [int(c) for c in SHELF.candidates(seen, hidden=hidden, max_age_rating=age)]


def test_of_a_series_not_begun_the_series_and_its_first_episode_may_be_shown() -> None:
    assert _shown() == [0, 1, 3, 6, 7, 8]


def test_a_watched_film_is_out_and_a_begun_one_is_not() -> None:
    assert 0 not in _shown(_seen(0, WATCHED_FRACTION))
    assert 0 in _shown(_seen(0, WATCHED_FRACTION - 0.01))


def test_the_fullest_of_several_viewings_decides() -> None:
    assert 0 not in _shown(_seen(0, 0.9, at=1), _seen(0, 0.1, at=2))


def test_hidden_titles_are_out() -> None:
    assert _shown(hidden=(0, 3)) == [1, 6, 7, 8]


@pytest.mark.parametrize(("age", "shown"), [(17, False), (18, True)])
def test_age_ratings(age: int, *, shown: bool) -> None:
    assert (7 in _shown(age=age)) is shown


@pytest.mark.parametrize(
    ("seen", "next_episode"),
    [
        ([_seen(3)], [4]),
        ([_seen(3, 0.2)], [3]),
        ([_seen(4, at=1), _seen(3, at=2)], [2]),  # went back: 1.1 and 1.2 are watched
        ([_seen(2, at=1), _seen(3, at=2)], [4]),  # peeked at 2.1, then began
        ([_seen(4, at=2), _seen(3, at=2)], [2]),  # reported in the same second
        ([_seen(2)], [5]),  # specials come last
        ([_seen(5)], []),  # nothing after the last
        ([_seen(3, 0.0)], [1, 3, 6]),  # nothing watched is not begun
        ([_seen(1)], [3, 6]),  # the series as a whole: the shop window is seen
    ],
)
def test_of_a_series_begun_only_the_next_episode_may_be_shown(
    seen: list[Seen], next_episode: list[int]
) -> None:
    of_the_series = [column for column in _shown(*seen) if column in {1, 2, 3, 4, 5, 6}]
    assert of_the_series == next_episode


def test_a_hidden_next_episode_is_not_replaced_by_a_later_one() -> None:
    assert not set(_shown(_seen(3), hidden=(4,))) & {1, 2, 3, 4, 5, 6}


def test_a_series_stands_for_its_episodes() -> None:
    assert SHELF.with_episodes({"film", "series"}) == {
        "film",
        "series",
        *(title.entity_id for title in TITLES[2:7]),
    }
    assert SHELF.with_episodes(()) == frozenset()


def test_episodes_without_a_series_title_or_season_are_ordered_by_number() -> None:
    shelf = Shelf.of((_episode(None, 2), _episode(None, 1)))
    assert shelf.candidates((), hidden=(), max_age_rating=21).tolist() == [1]
    assert shelf.candidates([_seen(1)], hidden=(), max_age_rating=21).tolist() == [0]
