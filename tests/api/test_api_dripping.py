"""A server that drips a byte now and then, and a real service that it must not hold up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.api.process.test_api_process import Process
from tests.api.running import LineClient
from tests.publishing import Publisher


class Dripping:
    """Answers every request with one byte after the other, for as long as anybody listens."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked, self.left, self._over = (threading.Event() for _ in range(3))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            with connection:
                connection.recv(4096)
                self.asked.set()
                with suppress(OSError):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
                    while not self._over.wait(0.2):
                        connection.sendall(b"x")
        self.left.set()

    def close(self) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()


@pytest.fixture
def dripping() -> Iterator[Dripping]:
    server = Dripping()
    yield server
    server.close()


@pytest.fixture
def process(tmp_path: Path, dripping: Dripping, first_publication: Publisher) -> Iterator[Process]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(
        f'server_url = "{dripping.url}"\n'
        f'trusted_root = "{first_publication.repository / "root.json"}"\n'
    )
    process = Process(tmp_path)
    yield process
    process.close()


def test_picks_export_and_erasure_answer_while_a_server_drips_and_sigterm_ends_it_all(
    process: Process, dripping: Dripping
) -> None:
    with process.wait_until_ready() as waiting, LineClient(process.socket) as other:
        for purpose in ("history", "personalization"):
            other.result("EdgeAgent.grant", {"purpose": purpose})
        waiting.send(b'{"jsonrpc":"2.0","id":9,"method":"EdgeAgent.updateModel"}')
        assert dripping.asked.wait(60)
        assert other.error("EdgeAgent.recommend")["code"] == -50200  # answered: there is no model
        assert other.result("EdgeAgent.lastPicks") is None
        assert other.result("EdgeAgent.export")["active_profile"] == "main"
        confirm = other.result("EdgeAgent.erase", {"scope": "history"})["confirm"]
        erased = other.result("EdgeAgent.erase", {"scope": "history", "confirm": confirm})
        assert erased["receipt"]["scope"] == "history"
        assert not dripping.left.is_set()
        assert process.end() == 0
    assert dripping.left.wait(60)


def test_erasing_the_box_breaks_off_what_is_on_its_way(
    process: Process, dripping: Dripping
) -> None:
    with process.wait_until_ready() as waiting, LineClient(process.socket) as other:
        waiting.send(b'{"jsonrpc":"2.0","id":9,"method":"EdgeAgent.updateModel"}')
        assert dripping.asked.wait(60)
        confirm = other.result("EdgeAgent.erase", {"scope": "all"})["confirm"]
        erased = other.result("EdgeAgent.erase", {"scope": "all", "confirm": confirm})
        assert erased["receipt"]["scope"] == "all"
        assert dripping.left.wait(60)
