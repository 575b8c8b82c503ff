from __future__ import annotations

import numpy as np
import pytest

from edgeagent.features.window import Watched
from edgeagent.messages import Title
from edgeagent.ranking.candidates import (
    BEGUN_FRACTION,
    FINISHED_FRACTION,
    Access,
    CandidateIndex,
    Offer,
)
from edgeagent.ranking.series import SeriesIndex

NOW = 1_000


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
    Title(entity_id="leaving", title="Leaving", available_until=NOW + 5),  # 9
    Title(entity_id="sport", title="Sport", entitlements=("sport", "all")),  # 10
)
INDEX = CandidateIndex.of(TITLES)
SERIES = {1, 2, 3, 4, 5, 6}


def _seen(
    column: int, fraction: float = 1.0, at: int = 0, *, measured: bool = True
) -> tuple[int, int, float, bool]:
    return column, at, fraction, measured


def _watched(*seen: tuple[int, int, float, bool]) -> Watched:
    rows = sorted(seen, key=lambda row: (row[1], row[0], row[2]))
    return Watched(
        columns=np.array([row[0] for row in rows], dtype=np.intp),
        watched_on=np.array([row[1] for row in rows], dtype=np.int64),
        completion=np.array([row[2] for row in rows], dtype=np.float32),
        measured=np.array([row[3] for row in rows], dtype=np.bool_),
    )


def _offer(
    *seen: tuple[int, int, float, bool],
    hidden: tuple[int, ...] = (),
    age: int = 21,
    now: int = NOW,
    entitlements: tuple[str, ...] = (),
) -> Offer:
    access = Access(
        now=now,
        hidden=np.array(hidden, dtype=np.intp),
        max_age_rating=age,
        entitlements=entitlements,
    )
    return INDEX.offer(_watched(*seen), access)


def _new(offer: Offer) -> list[int]:
    return np.flatnonzero(offer.new).tolist()


def test_of_a_series_not_begun_the_series_and_its_first_episode_may_be_shown() -> None:
    assert _new(_offer()) == [0, 1, 3, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("fraction", "new", "begun"),
    [
        (BEGUN_FRACTION - 0.01, True, False),
        (BEGUN_FRACTION, False, True),
        (FINISHED_FRACTION - 0.01, False, True),
        (FINISHED_FRACTION, False, False),
    ],
)
def test_a_title_is_new_or_begun_or_finished(fraction: float, *, new: bool, begun: bool) -> None:
    offer = _offer(_seen(0, fraction))
    assert (0 in _new(offer)) is new
    assert (0 in offer.begun) is begun
    assert offer.progress.tolist() == pytest.approx([fraction] * begun)


def test_a_viewing_of_unknown_length_is_finished() -> None:
    offer = _offer(_seen(0, 0.5, measured=False))
    assert 0 not in _new(offer)
    assert offer.begun.tolist() == []


def test_the_latest_of_several_viewings_says_how_far_it_went() -> None:
    assert _offer(_seen(0, 0.9, at=1), _seen(0, 0.3, at=2)).begun.tolist() == [0]
    assert _offer(_seen(0, 0.3, at=1), _seen(0, 0.9, at=2)).begun.tolist() == []


def test_what_was_begun_last_is_continued_first() -> None:
    offer = _offer(_seen(8, 0.3, at=1), _seen(0, 0.4, at=3), _seen(7, 0.5, at=2))
    assert offer.begun.tolist() == [0, 7, 8]
    assert offer.progress.tolist() == pytest.approx([0.4, 0.5, 0.3])


def test_hidden_titles_are_in_neither_list() -> None:
    offer = _offer(_seen(8, 0.3), hidden=(0, 3, 8))
    assert _new(offer) == [1, 6, 7, 9]
    assert offer.begun.tolist() == []


@pytest.mark.parametrize(("age", "shown"), [(17, False), (18, True)])
def test_age_ratings(age: int, *, shown: bool) -> None:
    assert (7 in _new(_offer(age=age))) is shown
    assert (7 in _offer(_seen(7, 0.5), age=age).begun) is shown


@pytest.mark.parametrize(("now", "shown"), [(NOW + 4, True), (NOW + 5, False)])
def test_expired_titles_are_in_neither_list(now: int, *, shown: bool) -> None:
    assert (9 in _new(_offer(now=now))) is shown
    assert (9 in _offer(_seen(9, 0.5), now=now).begun) is shown


@pytest.mark.parametrize(
    ("entitlements", "shown"), [((), False), (("film",), False), (("film", "all"), True)]
)
def test_one_package_that_includes_a_title_is_enough(
    entitlements: tuple[str, ...], *, shown: bool
) -> None:
    assert (10 in _new(_offer(entitlements=entitlements))) is shown
    assert (10 in _offer(_seen(10, 0.5), entitlements=entitlements).begun) is shown


def test_a_catalogue_without_packages_is_open_to_every_box() -> None:
    index = CandidateIndex.of(TITLES[:1])
    access = Access(now=NOW, hidden=np.array([], dtype=np.intp), max_age_rating=0, entitlements=())
    assert index.permitted(access).tolist() == [True]


@pytest.mark.parametrize(
    ("seen", "next_episode", "begun"),
    [
        ([_seen(3)], [4], []),
        ([_seen(3, 0.2)], [], [3]),
        ([_seen(3), _seen(4, 0.5, at=1)], [], [4]),
        ([_seen(3, 0.5), _seen(4, at=1)], [2], []),  # the first was left behind
        ([_seen(4, at=1), _seen(3, at=2)], [2], []),  # went back: 1.1 and 1.2 are watched
        ([_seen(2, at=1), _seen(3, at=2)], [4], []),  # peeked at 2.1, then began
        ([_seen(4, at=2), _seen(3, at=2)], [2], []),  # reported in the same second
        ([_seen(2)], [5], []),  # specials come last
        ([_seen(5)], [], []),  # nothing after the last
        ([_seen(3, 0.0)], [1, 3, 6], []),  # nothing watched is not begun
        ([_seen(1)], [3, 6], []),  # the series as a whole: the shop window is seen
    ],
)
def test_of_a_series_begun_only_one_episode_may_be_shown(
    seen: list[tuple[int, int, float, bool]], next_episode: list[int], begun: list[int]
) -> None:
    offer = _offer(*seen)
    assert [column for column in _new(offer) if column in SERIES] == next_episode
    assert offer.begun.tolist() == begun


def test_a_hidden_next_episode_is_not_replaced_by_a_later_one() -> None:
    assert not set(_new(_offer(_seen(3), hidden=(4,)))) & SERIES


def test_a_series_stands_for_its_episodes() -> None:
    assert INDEX.series.with_episodes({"film", "series"}) == {
        "film",
        "series",
        *(title.entity_id for title in TITLES[2:7]),
    }
    assert INDEX.series.with_episodes(()) == frozenset()


def test_episodes_without_a_series_title_or_season_are_ordered_by_number() -> None:
    index = SeriesIndex.of((_episode(None, 2), _episode(None, 1)))
    assert index.entrances.tolist() == [False, True]
    assert index.next_after(1, begun=np.array([1])) == (0,)
    assert index.next_after(0, begun=np.array([0])) == ()


def test_titles_of_a_series_and_of_a_franchise_have_one_number_and_no_other_has_it() -> None:
    titles = (
        *TITLES,
        Title(entity_id="one", title="One", franchise="Saga"),  # 11
        Title(entity_id="two", title="Two", franchise="Saga"),  # 12
        Title(entity_id="three", title="Three", kind="series", franchise="series"),  # 13
    )
    series, franchises = (group.tolist() for group in CandidateIndex.of(titles).groups)
    assert {series[column] for column in SERIES} == {series[1]}
    assert franchises[11] == franchises[12]
    assert len(set(series)) == len(titles) - len(SERIES) + 1
    assert len(set(franchises)) == len(titles) - 1
    assert not set(series) & set(franchises)
