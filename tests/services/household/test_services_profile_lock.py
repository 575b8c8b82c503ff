"""The profile lock: what it asks the PIN for, what never, and what guessing costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import InputError, ProfileLocked, TooManyTries, WrongPin
from edgeagent.messages.codec import canonical_bytes
from edgeagent.services.household.profile_lock import (
    COUNTDOWN_SECONDS,
    FREE_TRIES,
    ProfileLock,
    _made,
    delay_after,
)
from edgeagent.services.household.signals import Signal
from edgeagent.store import ProfileKind
from tests.services.conftest import MONDAY, Box

PIN = "258046"  # no part of an id, a date or a count of the box


@pytest.fixture
def locked(box: Box) -> Box:
    box.agent.household.create("anna", kind="adult")
    box.agent.household.create("leo", kind="kid")
    box.grant(Purpose.HISTORY)
    box.agent.household.lock._states.update(pin=made_pin())
    return box


@cache
def made_pin() -> object:
    """What the lock keeps of the PIN; made once, because that is slow on purpose."""
    return _made(PIN)


def lock(box: Box) -> ProfileLock:
    return box.agent.household.lock


def tries(box: Box) -> int:
    return lock(box).state().wrong_tries


WIDENING: dict[str, Callable[[Box, str | None], object]] = {
    "switch": lambda box, pin: box.agent.household.switch("anna", pin=pin),
    "grant": lambda box, pin: box.agent.grant(Purpose.PERSONALIZATION, pin=pin),
    "flag": lambda box, pin: box.agent.household.widen_flag("allowWatchHistory", "main", pin=pin),
    "platform's flag": lambda box, pin: box.agent.household.widen_flag(
        "allowResumePoints", "main", pin=pin
    ),
    "retention": lambda box, pin: box.agent.retention.choose(None, pin=pin),
    "erase": lambda box, pin: box.agent.erasure.erase_profile("leo", pin=pin),
    "lock": lambda box, pin: box.agent.household.lock.choose(None, pin=pin),
}


@pytest.mark.parametrize("what", sorted(WIDENING))
def test_what_widens_takes_the_pin(locked: Box, what: str) -> None:
    locked.agent.retention.choose(30)  # fewer days: nobody is asked
    before = locked.agent.portability.export()
    with pytest.raises(ProfileLocked, match="asks for its PIN"):
        WIDENING[what](locked, None)
    assert locked.agent.portability.export() == before
    WIDENING[what](locked, PIN)
    assert tries(locked) == 0


def test_what_narrows_never_does(locked: Box) -> None:
    agent = locked.agent
    agent.household.switch("leo")
    agent.withdraw(Purpose.HISTORY)
    agent.apply_signal(Signal.DO_NOT_SHARE)
    agent.household.flags.narrow("allowWatchHistory", "main", withdraw=lambda _, __: None)
    agent.retention.choose(7)
    agent.private.start(30)
    agent.erasure.erase_history()
    assert agent.household.active == "leo"


@pytest.mark.parametrize(
    ("kind", "limit", "asks"),
    [
        ("kid", 6, False),
        ("kid", 0, False),
        ("kid", None, True),
        ("kid", 12, True),
        ("teen", 6, True),
        ("adult", 0, True),
    ],
)
def test_a_new_profile_is_no_way_around_an_age_limit(
    locked: Box, kind: ProfileKind, limit: int | None, asks: bool
) -> None:
    household = locked.agent.household
    household.set_age_limit("leo", 6, pin=PIN)
    household.switch("leo")
    household.create("new", kind=kind)  # anybody may
    household.set_age_limit("new", limit, pin=PIN)
    if asks:
        with pytest.raises(ProfileLocked):
            household.switch("new")
        assert household.active == "leo"
    else:
        assert household.switch("new").age_limit == limit


def test_days_that_reporting_lengthens_are_not_chosen(locked: Box) -> None:
    locked.agent.retention.choose(3)
    locked.agent.grant(Purpose.REPORTING, pin=PIN)
    assert locked.agent.retention.kept().days == 8
    with pytest.raises(ProfileLocked):  # it would outlast the reporting
        locked.agent.retention.choose(8)
    locked.agent.retention.choose(3)
    locked.agent.withdraw(Purpose.REPORTING)
    assert locked.agent.retention.kept().days == 3


def test_a_right_pin_stops_the_countdown(locked: Box) -> None:
    assert lock(locked).countdown() == COUNTDOWN_SECONDS
    locked.clock.stand(COUNTDOWN_SECONDS)
    assert lock(locked).countdown() == 0
    with pytest.raises(WrongPin):
        lock(locked).require("0000")
    assert lock(locked).countdown() == 0
    lock(locked).require(PIN)
    assert lock(locked).countdown() == COUNTDOWN_SECONDS


def test_without_a_lock_nobody_is_asked(box: Box) -> None:
    assert not lock(box).state().on
    assert lock(box).countdown() == 0
    box.agent.household.create("anna", kind="adult")
    box.agent.household.switch("anna", pin="0000")  # one that is given all the same does no harm
    assert tries(box) == 0


def test_it_outlives_erasing_the_history_and_a_restart(locked: Box) -> None:
    locked.agent.erasure.erase_history()
    locked.reopen()
    with pytest.raises(ProfileLocked):
        locked.agent.household.switch("anna")


def test_a_few_wrong_pins_are_free_then_each_waits_longer(locked: Box) -> None:
    for _ in range(FREE_TRIES):
        with pytest.raises(WrongPin):
            lock(locked).require("0000")
    with pytest.raises(TooManyTries, match="counts in 60 seconds"):
        lock(locked).require(PIN)  # even the right one: it was not compared
    assert tries(locked) == FREE_TRIES
    locked.clock.stand(60)
    with pytest.raises(WrongPin, match="counts in 120 seconds"):
        lock(locked).require("0000")
    locked.clock.stand(119)
    with pytest.raises(TooManyTries, match="in 1 second"):
        lock(locked).require(PIN)
    locked.clock.stand(1)
    lock(locked).require(PIN)
    assert lock(locked).state().wait_seconds == tries(locked) == 0


def test_the_delays_grow_to_an_hour_and_stay_there() -> None:
    delays = [delay_after(number) for number in range(12)]
    assert delays == [0, 0, 0, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert delay_after(10**6) == 3600


def _jump(now: int) -> Callable[[Box], None]:
    return lambda box: box.clock.jump(now)


def _restart(box: Box) -> None:
    box.clock.stand(40)
    box.reopen()


def _reboot(box: Box) -> None:
    box.clock.stand(40)
    box.clock.reboot()
    box.reopen()


@pytest.mark.parametrize(
    ("what", "left"),
    [
        (_jump(0), 60),
        (_jump(MONDAY + 80 * 365 * DAY_SECONDS), 60),
        (_restart, 20),
        (_reboot, 60),  # what is certain: nothing has passed in this boot
    ],
    ids=["1970", "2106", "restart", "reboot"],
)
def test_no_clock_and_no_restart_gives_tries_back(
    locked: Box, what: Callable[[Box], None], left: int
) -> None:
    states = lock(locked)._states
    moment = lock(locked)._moment()
    states.update(tries=FREE_TRIES, tried=moment)
    what(locked)
    assert lock(locked).state().wait_seconds == left
    with pytest.raises(TooManyTries):
        lock(locked).require(PIN)


def test_a_sandbox_that_hides_the_boot_gives_none_back_either(locked: Box) -> None:
    locked.clock.boot_id = lambda: "hidden"  # type: ignore[method-assign]
    lock(locked)._states.update(tries=FREE_TRIES, tried=lock(locked)._moment())
    locked.clock.reboot()
    assert lock(locked).state().wait_seconds == 60
    locked.clock.stand(60)
    assert lock(locked).state().wait_seconds == 0


def test_a_power_cut_while_comparing_costs_the_try(locked: Box) -> None:
    # What is on disk before the comparison: the try, counted.
    lock(locked)._states.change(lock(locked)._with_one_more_try)
    locked.reopen()
    assert tries(locked) == 1


def test_two_managers_share_the_tries(locked: Box) -> None:
    other = locked.open()
    try:
        for agent in (locked.agent, other, locked.agent):
            with pytest.raises(WrongPin):
                agent.household.lock.require("0000")
        with pytest.raises(TooManyTries):
            other.household.lock.require("0000")
    finally:
        other.close()


class _Interrupted:
    """The store of a lock, in which something happens before one of its changes."""

    def __init__(self, states: Any, between: Callable[[], object], *, at: int) -> None:  # noqa: ANN401  (private)
        self._states, self._between, self._at, self._changes = states, between, at, 0

    def load(self) -> object:
        return self._states.load()

    def change(self, decide: object) -> object:
        self._changes += 1
        if self._changes == self._at:
            self._between()
        return self._states.change(decide)


def test_a_try_beside_the_right_one_stays_counted(locked: Box) -> None:
    states = lock(locked)._states
    with_one_more = lock(locked)._with_one_more_try
    interrupted = _Interrupted(states, lambda: states.change(with_one_more), at=2)
    lock(locked)._states = interrupted  # type: ignore[assignment]
    lock(locked).require(PIN)
    assert tries(locked) == 1


def test_of_two_first_pins_at_once_the_earlier_stands(box: Box) -> None:
    states = lock(box)._states
    theirs = made_pin()
    lock(box)._states = _Interrupted(states, lambda: states.update(pin=theirs), at=1)  # type: ignore[assignment]
    with pytest.raises(ProfileLocked, match="at the same time"):
        lock(box).choose("999999")
    assert states.load().pin == theirs


@pytest.mark.parametrize("pin", ["", "123", "12 4", "1234567890123", "١٢٣٤", "12e4", "1234\n"])
def test_what_cannot_be_a_pin_counts_as_no_try_and_is_not_repeated(locked: Box, pin: str) -> None:
    for refused in (
        lambda: lock(locked).require(pin),
        lambda: lock(locked).choose(pin, pin=None if not lock(locked).state().on else pin),
    ):
        with pytest.raises(InputError, match="4 to 12 digits") as caught:
            refused()
        assert not pin or pin not in str(caught.value) + caught.value.hint
    assert tries(locked) == 0


def test_a_pin_with_leading_zeros_is_another_one(box: Box) -> None:
    lock(box).choose("0012")
    with pytest.raises(WrongPin):
        lock(box).require("00012")
    lock(box).require("0012")


def test_everything_can_be_erased_after_a_countdown(locked: Box) -> None:
    assert lock(locked).countdown() == COUNTDOWN_SECONDS
    locked.clock.stand(COUNTDOWN_SECONDS - 1)
    with pytest.raises(ProfileLocked, match="in 1 second"):
        lock(locked).require_countdown()
    locked.clock.jump(MONDAY + 80 * 365 * DAY_SECONDS)
    assert lock(locked).countdown() == 1
    locked.clock.stand(1)
    lock(locked).require_countdown()
    locked.clock.stand(600)
    assert lock(locked).countdown() == COUNTDOWN_SECONDS  # nobody meant it: it begins again
    locked.clock.stand(COUNTDOWN_SECONDS)
    locked.clock.reboot()
    assert lock(locked).countdown() == COUNTDOWN_SECONDS


def test_the_pin_stands_nowhere(locked: Box) -> None:
    with pytest.raises(WrongPin) as caught:
        lock(locked).require("852064")
    lock(locked).require(PIN)
    assert "852064" not in str(caught.value) + caught.value.hint
    exported = canonical_bytes(locked.agent.portability.export())
    assert PIN.encode() not in exported
    kept = lock(locked)._states.load().pin
    assert kept is not None
    assert kept.digest.encode() not in exported
