"""Doctor says who has an age limit, whether titles have ratings, and how the lock is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edgeagent.config import Config
from edgeagent.messages import Title
from edgeagent.messages.fields import UNKNOWN_AGE
from edgeagent.services.household.profile_lock import FREE_TRIES, LockState
from edgeagent.services.upkeep.doctor import Doctor
from edgeagent.services.upkeep.protection_health import ages_found, lock_found
from edgeagent.store import Profile
from edgeagent.testing.agent_box import AgentBox

ADULT = Profile(name="main", kind="adult", created_at=0)
ANNA = Profile(name="anna", kind="adult", created_at=1, age_limit=12)
TEEN = Profile(name="ben", kind="teen", created_at=1)
KID = Profile(name="cleo", kind="kid", created_at=1)


def titles(*ages: int) -> tuple[Title, ...]:
    return tuple(Title(entity_id=f"t:{n}", title="T", age_rating=age) for n, age in enumerate(ages))


def never() -> Iterator[Title]:
    raise AssertionError("the catalogue was read")


def test_without_a_limit_no_title_is_read() -> None:
    found = ages_found([ADULT], never, teens=16)
    assert (found.status, found.message) == ("ok", "no profile has one")
    assert "not known" in ages_found(None, never, teens=16).message


def test_every_limit_is_named_with_the_titles_that_have_no_rating() -> None:
    found = ages_found([ADULT, ANNA, TEEN, KID], lambda: titles(0, 0, 12, UNKNOWN_AGE), teens=16)
    assert found.status == "ok"
    assert "main" not in found.message
    for held in ("anna: rated 12 or lower", "ben: rated 16 or lower", "cleo: rated"):
        assert held in found.message
    assert "2 of 4 titles are rated 0 or not at all, 1 of unknown age are left out" in found.message
    known = ages_found([ANNA], lambda: titles(0, 16), teens=16)
    assert "unknown age" not in known.message


def test_limits_that_nothing_can_be_held_against_are_a_warning() -> None:
    found = ages_found([ANNA], lambda: titles(0, 0), teens=16)
    assert found.status == "warning"
    assert "nothing is left out" in found.message
    assert "title hide" in found.hint


@pytest.mark.parametrize(
    ("state", "profiles", "status", "said"),
    [
        (LockState(on=False, wrong_tries=0, wait_seconds=0), [ADULT], "ok", "off"),
        (LockState(on=False, wrong_tries=0, wait_seconds=0), None, "ok", "off"),
        (LockState(on=False, wrong_tries=0, wait_seconds=0), [ANNA], "warning", "without a PIN"),
        (LockState(on=True, wrong_tries=1, wait_seconds=0), [ANNA], "ok", "on"),
        (LockState(on=True, wrong_tries=FREE_TRIES, wait_seconds=9), [], "warning", "3 wrong PINs"),
    ],
)
def test_the_lock_is_wanted_where_there_is_a_limit(
    state: LockState, profiles: list[Profile] | None, status: str, said: str
) -> None:
    found = lock_found(state, profiles, teens=16)
    assert (found.status, bool(found.hint)) == (status, status != "ok")
    assert said in found.message


def test_doctor_holds_limits_against_the_catalogue_of_the_box(agent_box: AgentBox) -> None:
    agent_box.config = Config()
    with agent_box.open() as agent:
        agent.household.set_age_limit("main", 12)
    assert "no titles yet" in found_by_doctor(agent_box)["age limits"]
    with agent_box.open() as agent:
        agent_box.update(agent)
        agent.household.lock.choose("258046")
    found = found_by_doctor(agent_box)
    assert "titles are rated 0 or not at all" in found["age limits"]
    assert found["profile lock"] == "on"
    (agent_box.directory / "history.db").write_bytes(b"broken" * 1000)
    assert "does not open" in found_by_doctor(agent_box)["age limits"]


def found_by_doctor(box: AgentBox) -> dict[str, str]:
    doctor = Doctor(box.directory, config=box.config, clock=box.clock, random=box.random)
    return {finding.name: finding.message for finding in doctor.examine()}
