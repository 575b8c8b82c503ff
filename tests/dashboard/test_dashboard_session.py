from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.dashboard.session import LINK_SECONDS, SESSION_SECONDS, Sessions, read_secret
from edgeagent.errors import InputError, NetworkError
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource

NOW = 1_790_000_000


def sessions(clock: FakeClock, secret: bytes = b"s" * 64) -> Sessions:
    return Sessions(secret, clock=clock, random=SeededRandomSource("sessions"))


def test_a_link_is_good_for_ten_minutes() -> None:
    clock = FakeClock(NOW)
    ours = sessions(clock)
    key = ours.link_key()
    assert ours.accepts_link(key)
    clock.advance(LINK_SECONDS)
    assert ours.accepts_link(key)
    clock.advance(1)
    assert not ours.accepts_link(key)


def test_a_session_ends_when_nobody_uses_it_and_is_renewed_when_somebody_does() -> None:
    clock = FakeClock(NOW)
    ours = sessions(clock)
    session = ours.begin()
    cookie = ours.cookie(session)
    clock.advance(SESSION_SECONDS)
    assert ours.find(cookie) == session
    renewed = ours.cookie(ours.renewed(session))
    clock.advance(1)
    assert ours.find(cookie) is None
    found = ours.find(renewed)
    assert found is not None
    assert ours.form_key(found) == ours.form_key(session)


def test_a_session_outlives_the_process() -> None:
    clock = FakeClock(NOW)
    cookie = sessions(clock).cookie(sessions(clock).begin())
    assert sessions(clock).find(cookie) is not None


@pytest.mark.parametrize("cookie", ["", ".", "..", "a.b.c", "9999999999.00.00", "ä.ö.ü"])
def test_what_we_did_not_sign_is_no_session_and_no_link(cookie: str) -> None:
    ours = sessions(FakeClock(NOW))
    assert ours.find(cookie) is None
    assert not ours.accepts_link(cookie)


def test_keys_of_one_kind_are_no_keys_of_another() -> None:
    clock = FakeClock(NOW)
    ours = sessions(clock)
    session = ours.begin()
    assert ours.find(ours.link_key()) is None
    assert not ours.accepts_link(ours.cookie(session))
    assert not ours.accepts_form(session, ours.cookie(session))


def test_another_service_s_keys_are_worth_nothing() -> None:
    clock = FakeClock(NOW)
    ours, theirs = sessions(clock), sessions(clock, secret=b"t" * 64)
    session = theirs.begin()
    assert ours.find(theirs.cookie(session)) is None
    assert not ours.accepts_link(theirs.link_key())
    assert not ours.accepts_form(session, theirs.form_key(session))


def test_a_clock_that_was_set_back_extends_nothing() -> None:
    clock = FakeClock(NOW)
    ours = sessions(clock)
    cookie, key = ours.cookie(ours.begin()), ours.link_key()
    clock.advance(-1)
    assert ours.find(cookie) is None
    assert not ours.accepts_link(key)


def test_the_secret_is_the_service_s_token(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no service has run here"):
        read_secret(tmp_path / "socket")
    (tmp_path / "token").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_secret(tmp_path / "socket")
    (tmp_path / "token").rmdir()
    (tmp_path / "token").write_text("short")
    with pytest.raises(InputError, match="holds no token"):
        read_secret(tmp_path / "socket")
    (tmp_path / "token").write_text("f" * 64)
    assert read_secret(tmp_path / "socket") == b"f" * 64
