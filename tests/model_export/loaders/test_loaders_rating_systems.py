"""Rating systems in use, from what they publish of themselves (``rating_systems.csv``).

Written down from the systems' own descriptions rather than from the exporter's tables, so that one
can be wrong without the other. 0 is for everybody; parental guidance without an age counts as 8.
Ratings without a system are of other countries, and phrases.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from edgeagent.messages.fields import UNKNOWN_AGE
from model_export.loaders.ages import AgeMention, age_rating

ROWS = list(
    csv.DictReader(
        Path(__file__).with_name("rating_systems.csv").read_text(encoding="utf-8").splitlines()
    )
)
_AMBIGUOUS = {"P", "C", "ER", "Mature"}
"""Read so only where the system is named beside them; alone they are stricter or unknown."""


def _age(written: str, system: str = "") -> int | None:
    return age_rating([AgeMention(text=written, system=system)])


@pytest.mark.parametrize("system", sorted({row["system"] for row in ROWS}))
def test_ratings_are_read_where_their_system_is_named(system: str) -> None:
    rows = [row for row in ROWS if row["system"] == system]
    read = {row["written"]: _age(row["written"], system) for row in rows}
    assert read == {row["written"]: int(row["age"]) for row in rows}


def test_ratings_alone_mean_the_same_or_are_stricter() -> None:
    for row in ROWS:
        found, age = _age(row["written"]), int(row["age"])
        assert found is not None
        assert found > age if row["written"] in _AMBIGUOUS else found == age, row


def test_spellings_of_one_rating_differ_in_hyphens_case_and_spaces_alone() -> None:
    for row in ROWS:
        if row["written"] in _AMBIGUOUS or row["written"].startswith(("-", "+")):
            continue
        for written in (row["written"].upper(), row["written"].replace("-", "\u2013")):
            assert _age(f" {written} ") == int(row["age"]), written


@pytest.mark.parametrize("written", ["3D", "4K", "S01E02", "s2 e3", "de-DE", "HD", "P", "NR"])
def test_formats_and_episodes_are_no_ages(written: str) -> None:
    assert _age(written) == UNKNOWN_AGE


def test_there_are_enough_of_them() -> None:
    assert len({row["written"] for row in ROWS}) > 350
