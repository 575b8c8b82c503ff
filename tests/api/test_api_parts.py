"""The small parts of the service, each on its own."""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgeagent.agent import Agent
from edgeagent.api.confirmations import VALID_SECONDS, Confirmations
from edgeagent.api.endpoint import default_socket, manager_token, read_token
from edgeagent.api.process.main import managers
from edgeagent.api.process.sd_notify import Notifier
from edgeagent.api.process.subprocesses import Subprocesses
from edgeagent.api.transport.connection_limiter import ConnectionLimiter
from edgeagent.api.transport.send_queue import QUEUE_LIMIT, Message, SendQueue
from edgeagent.api.transport.unix_server import Peer, peer_of, prepare_directory
from edgeagent.clock import SystemClock
from edgeagent.config import Config, ServiceConfig, config_source, load_config
from edgeagent.errors import InputError, NetworkError, WrongKey
from edgeagent.install.debian_package import build_debian_package
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from tests.api.running import Running, ServiceThread


def test_jobs_run_our_own_command_and_pass_on_what_it_says(tmp_path: Path) -> None:
    home = tmp_path / "home"
    commands = Subprocesses(home, None)
    commands.prepare()
    assert (home / "history.db").exists()
    commands.prepare()  # nothing to do
    with pytest.raises(InputError, match=r"server_url|trusted_root") as failed:
        commands.fetch_update()
    assert failed.value.hint
    with pytest.raises(InputError, match="no such file"):
        Subprocesses(home, tmp_path / "none.toml").send_reports()


def test_a_job_that_is_called_off_ends_and_none_begins_after_the_end(tmp_path: Path) -> None:
    commands = Subprocesses(tmp_path / "home", None)
    commands.prepare()
    far = SystemClock().boot_seconds() + 86_400
    (tmp_path / "home" / "config.toml").write_text(
        f'server_url = "http://127.0.0.1:9"\ntrusted_root = "{_root(tmp_path)}"\n'
    )
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(commands.fetch_update, far)
        while not commands._running:
            assert not waiting.done()
        commands.call_off()
        with pytest.raises(NetworkError, match="job fetch was killed or crashed"):
            waiting.result(60)
    commands.close()
    with pytest.raises(NetworkError, match="the service is ending"):
        commands.send_reports()


def _root(directory: Path) -> Path:
    """Write something that reads like a root of trust: what waits never comes to look at it."""
    path = directory / "root.json"
    path.write_bytes(b"{}")
    return path


def test_a_job_s_error_is_of_its_own_kind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    commands = Subprocesses(home, None)
    commands.prepare()
    (home / "kek").write_bytes(bytes(32))
    with pytest.raises(WrongKey) as failed:
        commands.send_reports()
    with pytest.raises(WrongKey) as ours:
        Agent.open(home)
    assert (str(failed.value), failed.value.hint) == (str(ours.value), ours.value.hint)


def test_a_job_that_says_nothing_did_not_run_to_its_end(tmp_path: Path) -> None:
    commands = Subprocesses(tmp_path / "home", None)
    with pytest.raises(NetworkError, match="job send was killed or crashed"):
        commands.send_reports("no number")  # type: ignore[arg-type]  # the command line says no


def test_a_confirmation_is_good_once_for_one_deed_and_two_minutes() -> None:
    clock = FakeClock(1_790_000_000)
    asked = Confirmations(clock=clock, random=SeededRandomSource("confirm"))
    with pytest.raises(InputError):
        asked.require("erase", "0" * 16)
    number = asked.ask("erase")
    asked.require("erase", number)
    for action, value, later in (
        ("erase", number, 0),
        ("erase", asked.ask("another"), 0),
        ("erase", asked.ask("erase"), VALID_SECONDS + 1),
        ("erase", asked.ask("erase"), -1),
    ):
        clock.advance(later)
        with pytest.raises(InputError, match="not valid any more"):
            asked.require(action, value)


def test_the_token_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no service has run here"):
        read_token(tmp_path)
    (tmp_path / "token").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_token(tmp_path)
    (tmp_path / "token").rmdir()
    token = manager_token(tmp_path, SeededRandomSource("token"))
    assert manager_token(tmp_path, SeededRandomSource("other")) == token
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    (tmp_path / "token").write_text("short")
    with pytest.raises(InputError, match="holds no token"):
        read_token(tmp_path)


def test_each_home_has_a_socket_of_its_own(tmp_path: Path) -> None:
    environment = {"XDG_RUNTIME_DIR": str(tmp_path)}
    first, second = (default_socket(tmp_path / name, environment) for name in ("a", "b"))
    assert first != second
    assert first.is_relative_to(tmp_path)


def test_managers_are_ourselves_and_whom_the_settings_name() -> None:
    nobody = Peer(54321, frozenset({54321}))
    may = managers(ServiceConfig(manage_users=("1234",), manage_groups=("5678", "root")))
    assert may(Peer(os.geteuid(), frozenset({54321})))
    assert may(Peer(1234, frozenset()))
    assert may(Peer(4321, frozenset({1, 5678})))
    assert may(Peer(4321, frozenset({0})))
    assert not may(nobody)
    for wrong in (
        ServiceConfig(manage_users=("nobody by this name",)),
        ServiceConfig(manage_groups=("no group by this name",)),
    ):
        with pytest.raises(InputError, match="there is no"):
            managers(wrong)


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        peer = peer_of(ours)
    assert peer.uid == os.geteuid()
    assert os.getegid() in peer.gids
    assert set(os.getgroups()) <= peer.gids


def test_systemd_is_told_at_either_kind_of_address(tmp_path: Path) -> None:
    for address, bound in (
        (str(tmp_path / "notify"), str(tmp_path / "notify")),
        (f"@edgeagent-test-{os.getpid()}", f"\0edgeagent-test-{os.getpid()}"),
    ):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(bound)
            systemd.settimeout(10)
            notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "4000000"})
            notifier.ready("serving")
            notifier.status("updating")
            notifier.alive()
            notifier.stopping()
            said = [systemd.recv(100).decode() for _ in range(4)]
        assert said == ["READY=1\nSTATUS=serving", "STATUS=updating", "WATCHDOG=1", "STOPPING=1"]
        assert notifier.watchdog_seconds == 2
    silent = Notifier({})
    silent.ready("nobody hears it")
    assert silent.watchdog_seconds is None
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive()


def test_a_place_that_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="another user"):
        prepare_directory(tmp_path / "file")
    prepare_directory(tmp_path / "ours")
    assert (tmp_path / "ours").stat().st_mode & 0o777 == 0o750
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    with pytest.raises(InputError, match="another user"):
        prepare_directory(tmp_path / "link")


def test_connections_that_say_nothing_make_room() -> None:
    hung_up: list[str] = []
    connections = ConnectionLimiter(2)
    first = connections.enter(lambda: hung_up.append("first"))
    second = connections.enter(lambda: hung_up.append("second"))
    assert (first, second) == (1, 2)
    assert connections.heard(1, "app", manages=False)
    assert connections.heard(1, "app", manages=False)
    third = connections.enter(lambda: hung_up.append("third"))
    assert hung_up == ["second"]
    assert connections.heard(third or 0, "app", manages=False)
    assert connections.enter(lambda: None) is None
    connections.leave(1)
    assert connections.enter(lambda: None) == 4


def test_nobody_waits_for_what_will_never_be_sent() -> None:
    async def scenario() -> list[str]:
        hung_up: list[str] = []

        async def send(message: Message) -> None:
            del message
            raise ConnectionResetError

        send_queue = SendQueue(send, hang_up=lambda: hung_up.append("hung up"))
        for _ in range(QUEUE_LIMIT):
            send_queue.offer(b"event")
        assert hung_up == []
        send_queue.offer(b"one too many")
        assert hung_up == ["hung up"]
        putting = asyncio.create_task(send_queue.put(b"answer"))
        await send_queue.run()
        with pytest.raises(ConnectionResetError):
            await putting
        return hung_up

    assert asyncio.run(scenario()) == ["hung up", "hung up"]


def test_an_event_goes_before_the_answer_that_was_made_after_it() -> None:
    async def scenario() -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        send_queue = SendQueue(send, hang_up=lambda: None)
        sending = asyncio.create_task(send_queue.run())
        send_queue.offer(b"event")
        await send_queue.put(b"answer")
        send_queue.offer(b"another event")
        await send_queue.finish(sending)
        return sent

    assert asyncio.run(scenario()) == [b"event", b"answer", b"another event"]


def test_settings_come_from_the_command_line_the_home_or_the_system(tmp_path: Path) -> None:
    system, home = tmp_path / "system.toml", tmp_path / "home"
    home.mkdir()
    assert config_source(home, system=system) is None
    assert load_config(home, system=system) == Config()
    system.write_text("retention_days = 20\n[service]\nmax_connections = 8\n")
    assert load_config(home, system=system).service.max_connections == 8
    (home / "config.toml").write_text("retention_days = 30\n")
    assert load_config(home, system=system).retention_days == 30
    (home / "config.toml").write_text('[service]\nwork_windows = ["25:00-26:00"]\n')
    with pytest.raises(InputError, match="work_windows"):
        load_config(home)


def test_a_package_needs_a_wheel(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        build_debian_package(tmp_path / "none.whl", tmp_path)
    (tmp_path / "no.whl").write_bytes(b"")
    with pytest.raises(InputError, match="is not a wheel"):
        build_debian_package(tmp_path / "no.whl", tmp_path / "out")
    with pytest.raises(InputError, match="is not a wheel"):
        build_debian_package(
            tmp_path / "no.whl", tmp_path / "out", architecture="arm64", python="3.13"
        )


def test_erasing_in_each_scope_takes_two_steps(running: Running) -> None:
    with running.line() as client:
        for purpose in ("history", "promotion"):
            client.result("EdgeAgent.grant", {"purpose": purpose})
        client.result("EdgeAgent.createProfile", {"name": "Ada"})
        client.result("EdgeAgent.switchProfile", {"name": "Ada"})
        client.result("EdgeAgent.grant", {"purpose": "history"})
        for given in (
            {"scope": "history", "profile": "Ada"},
            {"scope": "profile"},
            {"scope": "all"},
        ):
            client.ask("Discovery.watched", {"entityId": "e:1"})
            first = client.result("EdgeAgent.erase", given)
            assert first["receipt"] is None
            wrong = client.error("EdgeAgent.erase", given | {"confirm": "0" * 16})
            assert wrong["code"] == -32602
            confirm = client.result("EdgeAgent.erase", given)["confirm"]
            done = client.result("EdgeAgent.erase", given | {"confirm": confirm})
            assert done["receipt"]["scope"] == given["scope"]
            assert client.result("EdgeAgent.history")["count"] == 0
        assert not any(p["granted"] for p in client.result("EdgeAgent.consent")["purposes"])
        assert [p["name"] for p in client.result("EdgeAgent.profiles")] == ["main"]
        for wrong_scope in (
            {"scope": "all", "profile": "main"},
            {"scope": "profile", "profile": "x"},
        ):
            assert client.error("EdgeAgent.erase", wrong_scope)["code"] == -32602


def test_a_model_can_be_taken_back_where_there_is_one_before(services: ServiceThread) -> None:
    with services.start().line() as client:
        assert client.error("EdgeAgent.rollbackModel")["code"] == -50200
