"""A withdrawal or deletion by another process while a real server keeps a report waiting."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from functools import partial

import pytest

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from edgeagent.network.exchange import Timeouts
from edgeagent.network.transport import HttpTransport
from edgeagent.services.reports.uploader import Sending
from tests.network.hostile import Script, Seen, read_request, serving, until_left
from tests.services.conftest import Box


def stalls_after_reading(seen: Seen, connection: socket.socket) -> None:
    read_request(seen, connection)
    until_left(seen, connection)


def stalls_before_reading(seen: Seen, connection: socket.socket) -> None:
    seen.asked.set()
    until_left(seen, connection)


def withdraws(agent: Agent) -> object:
    return agent.withdraw(Purpose.REPORTING)


def forgets_what_was_not_watched(agent: Agent) -> object:
    return agent.title_marks.forget("t:never", profile="main")


@pytest.mark.parametrize(
    ("script", "act"),
    [
        (stalls_after_reading, withdraws),
        (stalls_before_reading, withdraws),
        (stalls_after_reading, forgets_what_was_not_watched),
    ],
)
def test_the_request_is_cut_off_and_the_log_says_so(
    box: Box, script: Script, act: Callable[[Agent], object]
) -> None:
    box.install()
    box.grant(Purpose.HISTORY, Purpose.REPORTING)
    box.go_to_end_of_reporting_week()
    box.agent.close_week()
    (entry,) = box.agent._home.ledger.outbox()
    box.clock.set(entry.next_attempt_at)
    sent: list[tuple[Sending, ...]] = []
    with serving(script) as seen:
        transport = HttpTransport(
            f"http://127.0.0.1:{seen.port}", timeouts=Timeouts(poll_interval_seconds=0.001)
        )
        box.transport = transport  # type: ignore[assignment]  # the real one
        box.reopen()
        sending = threading.Thread(target=partial(_send, box.agent.send_reports, sent))
        sending.start()
        seen.asked.wait()
        withdrawing = box.open()
        act(withdrawing)
        withdrawing.close()
        sending.join()
    assert seen.left.is_set()
    ((found,),) = sent
    assert found.outcome == "withdrawn"
    (disclosure,) = box.agent.disclosures()
    assert (disclosure.outcome, disclosure.detail) == (
        "withdrawn",
        "tried once: it may have arrived",
    )


def _send(send: Callable[[], tuple[Sending, ...]], sent: list[tuple[Sending, ...]]) -> None:
    sent.append(send())
