from __future__ import annotations

from edgeagent.services.timekeeping.device_clock import BUILD_TIME, DeviceClock
from edgeagent.testing.clock import FakeClock

DAY = 86_400
NOW = BUILD_TIME + 1000 * DAY
YEAR_2100 = 4_102_444_800


def test_a_box_in_1970_takes_the_build_time_and_does_not_know_the_time() -> None:
    clock = DeviceClock(FakeClock(0, boot_seconds=20.0))
    assert clock.now() == BUILD_TIME + 20
    assert not clock.is_known()


def test_a_verified_timestamp_makes_the_time_known_until_it_expires() -> None:
    system = FakeClock(NOW)
    clock = DeviceClock(system)
    clock.learn(issued_at=NOW - DAY, vouched_until=NOW + 7 * DAY)
    assert clock.is_known()
    system.advance(7 * DAY)
    assert clock.is_known()
    system.advance(1)
    assert not clock.is_known()


def test_a_clock_set_back_does_not_go_below_what_was_seen() -> None:
    system = FakeClock(NOW)
    clock = DeviceClock(system)
    clock.learn(issued_at=NOW - DAY, vouched_until=NOW + 7 * DAY)
    system.set(0)
    assert clock.now() == NOW
    assert not clock.is_known()


def test_one_jump_to_2100_is_not_permanent() -> None:
    system = FakeClock(YEAR_2100)
    clock = DeviceClock(system)
    clock.learn(issued_at=NOW - DAY, vouched_until=NOW + 7 * DAY)
    assert not clock.is_known()
    system.set(NOW)
    assert clock.now() == NOW
    assert clock.is_known()


def test_a_clock_set_back_has_seen_what_it_has_seen() -> None:
    system = FakeClock(NOW)
    clock = DeviceClock(system)
    clock.learn(issued_at=NOW - DAY, vouched_until=NOW + 30 * DAY)
    system.set(NOW - DAY)
    evidence = clock.learn(issued_at=NOW - DAY, vouched_until=NOW + 7 * DAY)
    assert (evidence.last_seen, evidence.vouched_until) == (NOW, NOW + 7 * DAY)


def test_a_timestamp_that_vouched_too_far_is_put_right_by_the_next() -> None:
    system = FakeClock(NOW)
    clock = DeviceClock(system)
    clock.learn(issued_at=NOW - DAY, vouched_until=YEAR_2100)
    clock.learn(issued_at=NOW, vouched_until=NOW + 30 * DAY)
    system.set(NOW + 31 * DAY)
    assert not clock.is_known()
    clock.learn(issued_at=NOW + 31 * DAY, vouched_until=NOW + 61 * DAY)
    assert clock.is_known()


def test_before_the_newest_timestamp_was_signed_no_clock_is_right() -> None:
    system = FakeClock(NOW - 2 * DAY)
    clock = DeviceClock(system)
    clock.learn(issued_at=NOW, vouched_until=NOW + 30 * DAY)
    assert not clock.is_known()
    assert clock.is_behind()
    assert clock.evidence.last_seen == 0  # a clock that is behind has seen nothing
    system.set(NOW)
    assert clock.is_known()
    assert not clock.is_behind()


def test_a_timestamp_dated_to_2100_is_put_right_by_the_next() -> None:
    clock = DeviceClock(FakeClock(NOW))
    clock.learn(issued_at=YEAR_2100, vouched_until=YEAR_2100 + DAY)
    assert not clock.is_known()
    assert clock.now() == NOW
    clock.learn(issued_at=NOW, vouched_until=NOW + DAY)
    assert clock.is_known()


def test_while_the_clock_is_behind_it_goes_on_with_boot_time() -> None:
    system = FakeClock(NOW)
    clock = DeviceClock(system)
    clock.learn(issued_at=NOW - DAY, vouched_until=NOW + 7 * DAY)
    system.jump(0)
    system.advance(60)
    assert clock.now() == NOW + 60
    clock.learn(issued_at=NOW - DAY, vouched_until=NOW + 8 * DAY)
    assert clock.now() == NOW + 60
    system.jump(NOW + 3600)
    assert clock.now() == NOW + 3600


def test_what_apps_date_by_a_clock_that_is_behind_is_read_as_they_mean_it() -> None:
    system = FakeClock(20_000)
    clock = DeviceClock(system)
    assert clock.told(19_000) == clock.now() - 1000
    assert clock.told(NOW) == NOW  # by a clock of their own
    system.jump(NOW)
    assert clock.told(NOW - DAY) == NOW - DAY
