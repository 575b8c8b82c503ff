from __future__ import annotations

from itertools import combinations

import numpy as np

from model_export.metadata import bags
from model_export.synthetic import synthetic_catalogue, synthetic_panel
from model_export.synthetic.credits import credits_of
from model_export.synthetic.world import build_world

WORLD = build_world(synthetic_catalogue(3, titles=400))
CREDITS = credits_of(WORLD)


def test_every_title_of_a_panel_has_credits() -> None:
    log = synthetic_panel(3, households=4, weeks=2, titles=40)
    assert set(log.metadata) == {title.entity_id for title in log.titles}
    assert all(len(set(known.people)) == 4 for known in log.metadata.values())
    assert all(len(set(known.keywords)) == 3 for known in log.metadata.values())
    assert all(bags(title, log.metadata[title.entity_id])["about"] for title in log.titles)


def test_equal_worlds_have_equal_credits() -> None:
    assert credits_of(WORLD) == CREDITS


def test_a_series_has_one_cast_and_one_name() -> None:
    episodes = [title for title in WORLD.titles if title.series_id == "series-001"]
    assert len({CREDITS[title.entity_id] for title in episodes}) == 1
    assert episodes[0].title.startswith(CREDITS[episodes[0].entity_id].series)


def test_works_that_share_their_cast_are_alike() -> None:
    latent = [(CREDITS[WORLD.titles[WORLD.items[f]].entity_id], v) for f, v in _works()]
    shared: list[float] = []
    others: list[float] = []
    for (one, a), (two, b) in combinations(latent, 2):
        (shared if set(one.people) & set(two.people) else others).append(float(a @ b))
    assert np.mean(shared) > np.mean(others) + 0.2


def _works() -> list[tuple[int, np.ndarray[tuple[int], np.dtype[np.float64]]]]:
    return [(int(first), WORLD.latent[work]) for work, first in enumerate(WORLD.first)]
