"""What the panel promises. Statistical bounds are far from the values that seed 7 gives."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.log import WatchLog
from model_export.synthetic import (
    PANEL_START,
    synthetic_catalogue,
    synthetic_households,
    synthetic_panel,
)
from model_export.synthetic.lexicon import GENRES


def digest(log: WatchLog) -> str:
    columns = (log.users, log.items, log.watched_on, log.completion)
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()


def genre_mix(log: WatchLog, users: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
    """[groups, 18] share of each genre in the viewings of each group of ``users``."""
    rows = np.array([[genre in title.genres for genre in GENRES] for title in log.titles], float)
    mix = np.zeros((groups, len(GENRES)))
    np.add.at(mix, users, (rows / rows.sum(axis=1, keepdims=True))[log.items])
    share: NDArray[np.float64] = mix / np.maximum(mix.sum(axis=1, keepdims=True), 1e-9)
    return share


def test_the_log_keeps_its_form(panel: WatchLog) -> None:
    order = np.lexsort((panel.items, panel.users, panel.watched_on))
    assert np.array_equal(order, np.arange(len(panel)))
    assert set(panel.users.tolist()) == set(range(panel.user_count))
    assert panel.items.min() >= 0
    assert panel.items.max() < len(panel.titles)
    assert panel.watched_on.min() >= PANEL_START
    assert panel.watched_on.max() < PANEL_START + 52 * WEEK_SECONDS
    assert panel.completion.dtype == np.float32
    assert panel.completion.min() >= 0.03
    assert panel.completion.max() <= 1.0


def test_a_household_watches_some_hundred_titles_a_year(panel: WatchLog) -> None:
    viewings = np.bincount(panel.users, minlength=panel.user_count)
    assert 120 < viewings.mean() < 250
    assert viewings.max() > 3 * viewings.min()


def test_the_same_seed_gives_the_same_bytes_on_every_machine() -> None:
    # A new digest is a new panel: figures measured on the old one no longer hold.
    log = synthetic_panel(11, households=30, weeks=6, titles=300)
    assert digest(log) == "677c45d3eadc605b5bc9a9520d5d3629042cf63f84a4676419e44dfdaeb18dcb"


def test_each_week_that_was_lived_is_told() -> None:
    told: list[int] = []
    for lived in (2, 5):
        panel = synthetic_panel(
            1, households=2, weeks=lived, titles=30, advance=lambda: told.append(1)
        )
        synthetic_households(
            1,
            catalogue=panel.titles,
            households=2,
            weeks=lived,
            start=PANEL_START,
            advance=lambda: told.append(1),
        )
    assert len(told) == 2 * (2 + 5)


def test_another_seed_gives_another_panel() -> None:
    first, second = (synthetic_panel(s, households=30, weeks=6, titles=300) for s in (11, 12))
    assert digest(first) != digest(second)


def test_a_household_of_any_size_of_panel_exists() -> None:
    log = synthetic_panel(1, households=1, weeks=1, titles=1)
    assert set(log.items.tolist()) <= {0}
    assert log.user_count == 1


def test_popularity_has_a_head_and_a_long_tail(panel: WatchLog) -> None:
    counts = np.sort(np.bincount(panel.items, minlength=len(panel.titles)))[::-1]
    tenth = len(counts) // 10
    assert counts[:tenth].sum() > 0.3 * counts.sum()
    assert counts[-5 * tenth :].sum() < 0.3 * counts.sum()
    assert counts[5 * tenth] > 0


def test_popularity_and_series_are_the_same_world_for_new_households(panel: WatchLog) -> None:
    others = synthetic_households(
        99, catalogue=panel.titles, households=400, weeks=52, start=PANEL_START
    )
    shape = len(panel.titles)
    ours, theirs = (np.bincount(log.items, minlength=shape) for log in (panel, others))
    assert np.corrcoef(ours, theirs)[0, 1] > 0.9
    elsewhere = synthetic_panel(8, households=400)
    strangers = np.bincount(elsewhere.items, minlength=shape)
    assert np.corrcoef(ours, strangers)[0, 1] < 0.5


def test_new_households_are_in_no_panel_even_with_its_seed() -> None:
    panel = synthetic_panel(7, households=20, weeks=4, titles=300)
    others = synthetic_households(
        7, catalogue=panel.titles, households=20, weeks=4, start=PANEL_START
    )
    assert others.titles == panel.titles
    ours, theirs = (set(zip(log.users, log.watched_on, strict=True)) for log in (panel, others))
    assert len(ours & theirs) < 0.01 * len(ours)


def series_runs(log: WatchLog) -> Iterator[list[tuple[int, float, int]]]:
    """One household's viewings of one series in time: episode number, completion, time."""
    number: dict[str, int] = defaultdict(int)
    episode_of: dict[int, tuple[str, int]] = {}
    for item, title in enumerate(log.titles):
        if title.series_id is not None:
            episode_of[item] = title.series_id, number[title.series_id]
            number[title.series_id] += 1
    runs: dict[tuple[int, str], list[tuple[int, float, int]]] = defaultdict(list)
    for user, item, at, part in zip(
        log.users.tolist(),
        log.items.tolist(),
        log.watched_on.tolist(),
        log.completion.tolist(),
        strict=True,
    ):
        if item in episode_of:
            series, episode = episode_of[item]
            runs[user, series].append((episode, part, at))
    yield from runs.values()


def test_series_are_watched_in_order_and_unfinished_episodes_resumed(panel: WatchLog) -> None:
    for run in series_runs(panel):
        expected = 0
        for episode, completion, _ in run:
            assert episode == expected
            expected += completion >= 0.9


def test_evenings_are_binged(panel: WatchLog) -> None:
    steps = [after[2] - before[2] for run in series_runs(panel) for before, after in pairwise(run)]
    back_to_back = np.mean(np.array(steps) < 75 * 60)
    assert 0.25 < back_to_back < 0.8


def test_a_box_shows_one_thing_at_a_time(panel: WatchLog) -> None:
    minutes = np.array([title.run_minutes or 0 for title in panel.titles])
    begins = panel.watched_on - minutes[panel.items] * 60 * panel.completion
    order = np.lexsort((panel.watched_on, panel.users))
    same = panel.users[order][1:] == panel.users[order][:-1]
    gap = begins[order][1:] - panel.watched_on[order][:-1]
    assert gap[same].min() > 0


def test_weekends_and_evenings_are_full(panel: WatchLog) -> None:
    day = (panel.watched_on // DAY_SECONDS + 3) % 7
    by_day = np.bincount(day, minlength=7)
    assert by_day[[5, 6]].min() > 1.5 * by_day[:4].max()
    by_hour = np.bincount(panel.watched_on % DAY_SECONDS // 3600, minlength=24)
    assert by_hour[19:24].sum() > 0.5 * by_hour.sum()
    assert by_hour[3:8].sum() < 0.01 * by_hour.sum()


def test_days_belong_to_children_and_nights_to_horror(panel: WatchLog) -> None:
    night = (panel.watched_on % DAY_SECONDS >= 19 * 3600).astype(np.int64)
    by_day, by_night = genre_mix(panel, night, 2)
    assert by_day[GENRES.index("Children")] > 1.5 * by_night[GENRES.index("Children")]
    assert by_night[GENRES.index("Horror")] > 1.5 * by_day[GENRES.index("Horror")]


def test_households_differ_more_than_chance(panel: WatchLog) -> None:
    rng = np.random.default_rng(0)
    mix = genre_mix(panel, panel.users, panel.user_count)
    shuffled = genre_mix(panel, rng.permutation(panel.users), panel.user_count)
    assert mix.var(axis=0).sum() > 4 * shuffled.var(axis=0).sum()


def test_interests_drift(panel: WatchLog) -> None:
    # Far quarters against neighbouring ones: steady tastes give 1.21 (series end, releases come).
    quarter = (panel.watched_on - PANEL_START) // (13 * WEEK_SECONDS)
    mix = genre_mix(panel, panel.users * 4 + quarter, panel.user_count * 4)
    quarters = mix.reshape(panel.user_count, 4, len(GENRES))

    def distance(one: int, other: int) -> float:
        gap = np.linalg.norm(quarters[:, one] - quarters[:, other], axis=1)
        return float(np.mean(gap))

    near = distance(0, 1) + distance(1, 2) + distance(2, 3)
    assert distance(0, 3) > 1.28 * near / 3


def test_new_releases_enter_during_the_year(panel: WatchLog) -> None:
    new = np.array([title.year == 2025 for title in panel.titles])[panel.items]
    weeks = (panel.watched_on - PANEL_START) // WEEK_SECONDS
    share = [float(new[(weeks >= w) & (weeks < w + 13)].mean()) for w in (0, 13, 26, 39)]
    assert not new[weeks < 1].any()
    assert share[0] < share[2]
    assert share[3] > 0.04


def test_what_is_liked_is_finished_more_often(panel: WatchLog) -> None:
    done = panel.completion >= 0.9
    assert 0.7 < done.mean() < 0.95
    assert (panel.completion < 0.3).mean() > 0.02


def test_a_catalogue_without_series_or_known_genres_lives_too() -> None:
    titles = tuple(Title(entity_id=f"t{n}", title=f"T{n}", genres=("Cookery",)) for n in range(30))
    log = synthetic_households(
        1, catalogue=titles, households=50, weeks=4, start=PANEL_START + 60 * WEEK_SECONDS
    )
    assert len(set(log.items.tolist())) > 20


def test_nobody_watches_what_nobody_may() -> None:
    titles = tuple(
        Title(entity_id=f"t{n}", title=f"T{n}", age_rating=21 if n else 0, year=2000)
        for n in range(2)
    )
    log = synthetic_households(1, catalogue=titles, households=400, weeks=8, start=PANEL_START)
    assert set(log.items.tolist()) == {0, 1}  # adults may
    unreleased = (Title(entity_id="t", title="T", year=2025),)
    early = synthetic_households(
        1, catalogue=unreleased, households=50, weeks=1, start=PANEL_START - 8 * WEEK_SECONDS
    )
    assert len(early) == 0


@pytest.mark.parametrize(
    ("households", "weeks", "start"), [(0, 1, 0), (1, 0, 0), (1, 1, PANEL_START + 1)]
)
def test_senseless_panels_say_the_way_out(households: int, weeks: int, start: int) -> None:
    with pytest.raises(InputError) as caught:
        synthetic_panel(1, households=households, weeks=weeks, start=start, titles=10)
    assert caught.value.hint


def test_an_empty_catalogue_is_refused() -> None:
    with pytest.raises(InputError, match="titles is 0"):
        synthetic_households(1, catalogue=(), households=1, weeks=1, start=0)


def test_the_catalogue_is_the_one_of_the_seed() -> None:
    log = synthetic_panel(11, households=5, weeks=1, titles=120)
    assert log.titles == synthetic_catalogue(11, titles=120)
