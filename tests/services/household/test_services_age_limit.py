"""An age limit of a profile: behind the PIN, and kept wherever candidates are judged."""

from __future__ import annotations

import pytest

from edgeagent.errors import InputError, ProfileLocked
from edgeagent.messages.fields import MAX_AGE_RATING, UNKNOWN_AGE
from edgeagent.services.audience import max_age_rating
from edgeagent.store import Profile, ProfileKind
from tests.services.conftest import Box


@pytest.mark.parametrize(
    ("kind", "own", "teens", "expected"),
    [
        ("adult", None, 16, MAX_AGE_RATING),  # also what is of unknown age
        ("adult", 12, 16, 12),
        ("adult", 0, 16, 0),
        ("adult", UNKNOWN_AGE - 1, 16, UNKNOWN_AGE - 1),
        ("teen", None, 16, 16),
        ("teen", 18, 16, 16),  # a profile's own limit only lowers that of its kind
        ("teen", 6, 16, 6),
        ("teen", None, UNKNOWN_AGE, UNKNOWN_AGE - 1),
        ("kid", None, 16, MAX_AGE_RATING),  # kids have a limit of their own where creatives are
        ("kid", 0, 16, 0),
    ],
)
def test_the_lower_limit_counts(
    kind: ProfileKind, own: int | None, teens: int, expected: int
) -> None:
    whose = Profile(name="x", kind=kind, created_at=0, age_limit=own)
    assert max_age_rating(whose, teens=teens) == expected


def test_it_survives_rename_restart_and_erasing_the_history(box: Box) -> None:
    household = box.agent.household
    household.create("anna", kind="adult")
    assert household.set_age_limit("anna", 12).age_limit == 12
    household.rename("anna", "bea")
    box.agent.erasure.erase_history()
    box.reopen()
    assert [p.age_limit for p in box.agent.household.profiles()] == [None, 12]
    assert box.agent.household.set_age_limit("bea", None).age_limit is None


def test_it_takes_the_pin_even_to_lower_it(box: Box) -> None:
    box.agent.household.lock.choose("2580")
    with pytest.raises(ProfileLocked):
        box.agent.household.set_age_limit("main", 6)
    assert box.agent.household.set_age_limit("main", 6, pin="2580").age_limit == 6


def test_an_import_only_lowers_it(box: Box) -> None:
    box.agent.household.set_age_limit("main", 12)
    strict = box.agent.portability.export()
    box.agent.household.set_age_limit("main", 16)
    mild = box.agent.portability.export()
    box.agent.portability.import_(strict)
    box.agent.portability.import_(mild)
    assert box.agent.household.profiles()[0].age_limit == 12


def test_of_a_profile_that_is_not_there_none_is_set(box: Box) -> None:
    with pytest.raises(InputError, match="no profile 'anna'"):
        box.agent.household.set_age_limit("anna", 12)
