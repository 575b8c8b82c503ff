"""The same titles and viewings in guides of several languages: the same segments stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_export.loaders import load_log
from model_export.train import train
from tests.model_export.loaders.guide_grabbers import GRABBERS, TOPICS
from tests.model_export.loaders.made_guides import write_guide

_PEOPLE, _EVENINGS, _SEGMENTS = 60, 30, 16
_DAY_SECONDS = 86_400


def _staying(directory: Path, country: str) -> list[bool]:
    """Train on a guide and a log of people who keep to two genres each."""
    (grabber,) = (each for each in GRABBERS if each.country == country)
    truth = write_guide(
        directory / "guide.xml", grabber, programmes=900, titles_drawn=300, broken_every=2000
    )
    of_genre: list[list[str]] = [[] for _ in TOPICS]
    for title in truth.titles.values():
        of_genre[title.genre].append(title.item)
    rng = np.random.default_rng(3)
    with (directory / "log.csv").open("w", encoding="utf-8") as log:
        log.write("user,item,timestamp,progress\n")
        for person in range(_PEOPLE):
            likes = rng.choice(len(TOPICS), size=2, replace=False)
            for evening in range(_EVENINGS):
                items = of_genre[likes[evening % 2]]
                for hour, at in enumerate(rng.integers(len(items), size=3)):
                    second = 1_700_000_000 + evening * _DAY_SECONDS + hour * 3600
                    log.write(f'{person},"{items[at]}",{second},1\n')
    read = load_log(directory / "log.csv", directory / "guide.xml")
    model = train(read, seed=0, segments=_SEGMENTS, dimension=16, head="foldin")
    assert not model.unknown_share.any()
    return [label.sensitive for label in model.labels]


@pytest.mark.deep
def test_guides_of_every_language_keep_as_many_segments_on_the_device(tmp_path: Path) -> None:
    staying = {country: _staying(tmp_path, country) for country in ("uk", "de", "fr")}
    assert staying["de"] == staying["uk"]
    assert staying["fr"] == staying["uk"]
    assert 0 < sum(staying["uk"]) < _SEGMENTS
