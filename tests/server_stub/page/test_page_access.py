from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from server_stub.page.access import SESSION_SECONDS, PageAccess, page_token

RANDOM = SeededRandomSource("tokens")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0)


@pytest.fixture
def access(clock: FakeClock) -> PageAccess:
    return PageAccess(b"the right token", clock=clock, random=SeededRandomSource("access"))


def test_a_token_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "page.token"
    token = page_token(path, RANDOM)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(token) == 64
    assert page_token(path, RANDOM) == token


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_token_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "page.token"
    page_token(path, RANDOM)
    path.chmod(mode)
    with pytest.raises(InputError, match="others may read it") as raised:
        page_token(path, RANDOM)
    assert raised.value.hint == f"chmod 600 {path}"


def test_a_file_without_a_token_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.token"
    path.touch(mode=0o600)
    with pytest.raises(InputError, match="no token"):
        page_token(path, RANDOM)
    with pytest.raises(InputError, match="directory"):
        page_token(tmp_path, RANDOM)
    with pytest.raises(InputError, match="No such file"):
        page_token(tmp_path / "missing" / "page.token", RANDOM)
    short = tmp_path / "short"
    short.write_text("x" * 31)
    short.chmod(0o600)
    with pytest.raises(InputError, match="no token of 32 characters"):
        page_token(short, RANDOM)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(InputError, match="not a regular file"):
        page_token(pipe, RANDOM)


def test_only_the_token_begins_a_session(access: PageAccess) -> None:
    for wrong in ("another token", "", "the right token\0", "the right toke"):
        assert access.begin(wrong) is None
    session = access.begin(" the right token\n")
    assert session is not None
    assert access.find(session.key) == session
    assert access.find("") is None
    assert access.find(session.form_key) is None


def test_a_session_ends_after_a_working_day_and_when_it_is_left(
    access: PageAccess, clock: FakeClock
) -> None:
    first, second = access.begin("the right token"), access.begin("the right token")
    assert first is not None
    assert second is not None
    access.end(first)
    assert access.find(first.key) is None
    clock.stand(SESSION_SECONDS - 1)
    assert access.find(second.key) == second
    clock.jump(10**9)  # the clock that anybody sets ends nothing
    assert access.find(second.key) == second
    clock.stand(1)
    assert access.find(second.key) is None


def test_the_number_of_sessions_has_a_limit(access: PageAccess) -> None:
    sessions = [access.begin("the right token") for _ in range(101)]
    first, last = sessions[0], sessions[-1]
    assert first is not None
    assert last is not None
    assert access.find(first.key) is None
    assert access.find(last.key) is not None


def test_a_form_belongs_to_its_session(access: PageAccess) -> None:
    first, second = access.begin("the right token"), access.begin("the right token")
    assert first is not None
    assert second is not None
    assert first.accepts(first.form_key)
    assert not first.accepts(second.form_key)
    assert not first.accepts("")
