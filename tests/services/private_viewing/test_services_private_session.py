from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import DiskFull, WrongOwner
from edgeagent.messages import WatchEvent
from edgeagent.services.private_viewing.private_session import MAX_MINUTES, KeptPrivateSession
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock

HOUR = 3600
NOW = 1_800_000_000
IN_1970 = 3600
IN_2100 = 4_102_444_800
LEAPS = {
    "from 1970 to now": (IN_1970, NOW),
    "back a day": (NOW, NOW - DAY_SECONDS),
    "five hours forward": (NOW, NOW + 5 * HOUR),
    "to 2100": (NOW, IN_2100),
    "to 1970": (NOW, IN_1970),
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


def session(clock: FakeClock, directory: Path) -> KeptPrivateSession:
    return KeptPrivateSession(directory / "home", clock=DeviceClock(clock), directory=directory)


def own_directory(directory: Path) -> Path:
    return directory / f"edgeagent-{os.geteuid()}"


@pytest.mark.parametrize("leap", LEAPS)
def test_setting_the_clock_ends_no_session_and_its_time_does(
    clock: FakeClock, tmp_path: Path, leap: str
) -> None:
    before, after = LEAPS[leap]
    clock.jump(before)
    private = session(clock, tmp_path)
    private.start(60)
    clock.jump(after)
    clock.advance(59 * 60)
    assert private.ends_at() == DeviceClock(clock).now() + 60
    clock.jump(before)
    clock.stand(60)
    assert private.ends_at() is None


@pytest.mark.parametrize("leap", LEAPS)
def test_what_any_clock_showed_during_a_session_is_private_for_good(
    clock: FakeClock, tmp_path: Path, leap: str
) -> None:
    before, after = LEAPS[leap]
    clock.jump(before)
    private = session(clock, tmp_path)
    private.start(60)
    clock.advance(600)
    clock.jump(after)
    assert private.ends_at() is not None
    clock.advance(600)
    private.stop()
    clock.jump(NOW + 9 * HOUR)
    clock.stand(HOUR)
    assert private.covers(before + 300)
    assert private.covers(after + 300)
    assert not private.covers(before - 300)
    assert not private.covers(after + 1800)


def test_a_clock_that_was_wrong_all_along_and_is_put_right_later_covers_the_true_time(
    clock: FakeClock, tmp_path: Path
) -> None:
    clock.jump(IN_1970)
    private = session(clock, tmp_path)
    private.start(60)
    clock.advance(HOUR)
    private.stop()
    clock.advance(HOUR)
    clock.jump(NOW)
    assert private.covers(NOW - HOUR - 60)
    assert not private.covers(NOW - HOUR + 60)


def test_a_session_outlives_the_process_and_not_the_boot(clock: FakeClock, tmp_path: Path) -> None:
    session(clock, tmp_path).start(60)
    assert session(clock, tmp_path).ends_at() == NOW + HOUR
    session(clock, tmp_path).stop()
    assert session(clock, tmp_path).ends_at() is None
    assert session(clock, tmp_path).covers(NOW)
    session(clock, tmp_path).start(60)
    clock.reboot()
    assert session(clock, tmp_path).ends_at() is None
    assert not session(clock, tmp_path).covers(NOW)


def test_boot_time_that_went_back_is_another_boot_whatever_it_is_called(tmp_path: Path) -> None:
    class Hidden(FakeClock):
        def boot_id(self) -> str:
            return "hidden"

    clock = Hidden(NOW)
    session(clock, tmp_path).start(60)
    clock.reboot()
    assert session(clock, tmp_path).ends_at() is None


def test_processes_hear_of_each_others_sessions(clock: FakeClock, tmp_path: Path) -> None:
    one, other = session(clock, tmp_path), session(clock, tmp_path)
    turns = {one.last_change()}
    other.start(60)
    assert one.ends_at() == NOW + HOUR
    turns.add(one.last_change())
    one.stop()
    assert other.ends_at() is None
    turns.add(one.last_change())
    clock.advance(5)
    other.start(60)
    clock.advance(5)
    other.stop()
    turns.add(one.last_change())
    assert len(turns) == 4  # also the one that began and ended between two looks


def test_another_box_of_this_user_is_another_session(clock: FakeClock, tmp_path: Path) -> None:
    session(clock, tmp_path).start(60)
    other = KeptPrivateSession(tmp_path / "b", clock=DeviceClock(clock), directory=tmp_path)
    assert other.ends_at() is None


def test_nobody_else_reads_or_writes_what_is_kept(clock: FakeClock, tmp_path: Path) -> None:
    session(clock, tmp_path).start(60)
    directory = own_directory(tmp_path)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    (kept,) = directory.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o777, 0o755, 0o750, 0o701])
@pytest.mark.parametrize("begun", [True, False])
def test_while_the_directory_is_open_to_others_it_is_private(
    clock: FakeClock, tmp_path: Path, mode: int, *, begun: bool
) -> None:
    private = session(clock, tmp_path)
    private.start(60)
    if not begun:
        private.stop()
    before = private.last_change()
    own_directory(tmp_path).chmod(mode)
    for one in (private, session(clock, tmp_path)):
        assert one.ends_at() == NOW + 60 * MAX_MINUTES
        assert one.covers(NOW - 60)
        assert one.last_change() != before
        for act in (one.stop, one.require_certain, lambda one=one: one.start(60)):
            with pytest.raises(DiskFull, match=f"open to others .mode {mode:04o}") as caught:
                act()
            assert caught.value.hint == f"chmod 700 {own_directory(tmp_path)}"
    own_directory(tmp_path).chmod(0o700)
    private.require_certain()
    assert (
        private.ends_at() == session(clock, tmp_path).ends_at() == (NOW + HOUR if begun else None)
    )
    assert private.last_change() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_while_the_directory_is_somebody_elses_it_is_private(
    clock: FakeClock, tmp_path: Path
) -> None:
    session(clock, tmp_path).start(60)
    os.chown(own_directory(tmp_path), 65534, 65534)
    assert session(clock, tmp_path).ends_at() is not None
    for act in (
        session(clock, tmp_path).require_certain,
        lambda: session(clock, tmp_path).start(1),
    ):
        with pytest.raises(WrongOwner, match="belongs to"):
            act()


def test_nothing_is_stored_while_nobody_can_say_what_is_private(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        agent.private.start(1)
        agent.private.stop()
        agent_box.clock.advance(HOUR)
        own_directory(agent_box.runtime_directory).chmod(0o755)
        assert told(agent, agent_box.clock.now()) == (0, 1)
        own_directory(agent_box.runtime_directory).chmod(0o700)
        assert told(agent, agent_box.clock.now()) == (1, 0)


@pytest.mark.parametrize("kind", ["pipe", "link", "directory"])
def test_what_is_no_file_in_its_place_is_neither_waited_for_nor_believed(
    clock: FakeClock, tmp_path: Path, kind: str
) -> None:
    session(clock, tmp_path).start(60)
    (kept,) = own_directory(tmp_path).iterdir()
    aside = kept.rename(tmp_path / "aside")
    if kind == "pipe":
        os.mkfifo(kept)
    elif kind == "link":
        kept.symlink_to(aside)
    else:
        kept.mkdir()
    private = session(clock, tmp_path)
    assert private.ends_at() == NOW + 60 * MAX_MINUTES
    assert private.covers(NOW - 60)
    for act in (private.stop, private.require_certain, lambda: private.start(60)):
        with pytest.raises(DiskFull, match="is no regular file"):
            act()
    kept.rename(tmp_path / "not ours")
    aside.rename(kept)
    assert private.ends_at() == NOW + HOUR


def test_what_an_interrupted_writing_left_is_not_waited_for(
    clock: FakeClock, tmp_path: Path
) -> None:
    private = session(clock, tmp_path)
    private.start(60)
    (kept,) = own_directory(tmp_path).iterdir()
    os.mkfifo(kept.with_suffix(".new"))
    private.stop()
    assert session(clock, tmp_path).ends_at() is None


def test_a_link_to_a_directory_is_not_believed(clock: FakeClock, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    own_directory(tmp_path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DiskFull, match="is no directory"):
        session(clock, tmp_path).start(60)


def test_a_directory_that_cannot_be_made_is_said(clock: FakeClock, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    private = KeptPrivateSession(tmp_path, clock=DeviceClock(clock), directory=tmp_path / "file")
    with pytest.raises(DiskFull, match="Not a directory"):
        private.start(60)
    assert private.ends_at() is None


def test_a_file_that_cannot_be_written_is_said(clock: FakeClock, tmp_path: Path) -> None:
    private = session(clock, tmp_path)
    private.start(60)
    (kept,) = own_directory(tmp_path).iterdir()
    kept.with_suffix(".new").mkdir()
    with pytest.raises(DiskFull):
        private.stop()
    assert private.ends_at() is not None  # in doubt private
    clock.jump(IN_2100)
    assert private.ends_at() is not None  # and what cannot be written down is remembered
    clock.stand(2 * HOUR)
    assert private.covers(IN_2100 + 60)


def test_state_that_vanishes_is_remembered(clock: FakeClock, tmp_path: Path) -> None:
    private = session(clock, tmp_path)
    private.start(60)
    (kept,) = own_directory(tmp_path).iterdir()
    kept.unlink()
    assert private.ends_at() == NOW + HOUR
    own_directory(tmp_path).rmdir()
    assert private.ends_at() == NOW + HOUR
    private.stop()
    assert private.ends_at() is None


@pytest.mark.parametrize("junk", [b"", b"{}", b'{"boot_id": 3}'])
def test_state_that_cannot_be_read_is_private_until_it_is_stopped(
    clock: FakeClock, tmp_path: Path, junk: bytes
) -> None:
    session(clock, tmp_path).start(60)
    (kept,) = own_directory(tmp_path).iterdir()
    kept.write_bytes(junk)
    private = session(clock, tmp_path)
    assert private.ends_at() == NOW + 60 * MAX_MINUTES
    private.stop()
    assert session(clock, tmp_path).ends_at() is None
    assert session(clock, tmp_path).covers(NOW)


def told(agent: Agent, moment: int) -> tuple[int, int]:
    recorded = agent.record_watch(WatchEvent(entity_id="f:1", watched_on=moment))
    return recorded.stored, recorded.ignored_private


def test_what_is_told_of_a_past_session_is_acknowledged_and_not_stored(
    agent_box: AgentBox,
) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        began = agent_box.clock.now()
        agent.private.start(60)
        agent_box.clock.advance(HOUR // 2)
        agent.private.stop()
        assert told(agent, agent_box.clock.now()) == (1, 0)  # this is now
        agent_box.clock.advance(HOUR)
        assert told(agent, began + 60) == (0, 1)
        assert told(agent, began - 60) == (1, 0)
        assert told(agent, agent_box.clock.now() - 60) == (1, 0)
    with agent_box.open() as agent:
        assert told(agent, began + 60) == (0, 1)
        # The clock is set back to before it: what an app dates right lies in the future now.
        agent_box.clock.jump(began - 5 * HOUR)
        assert told(agent, began + 60) == (0, 1)
        assert told(agent, began + DAY_SECONDS) == (1, 0)
        latest = agent._home.history.window("main")
        assert agent_box.clock.now() in [viewing.watched_on for viewing in latest]
        assert all(viewing.watched_on < began + 2 * HOUR for viewing in latest)
