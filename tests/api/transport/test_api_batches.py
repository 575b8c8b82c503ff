"""Long answers: a batch is answered in parts, within limits, for as long as the client reads."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from types import SimpleNamespace
from typing import cast

import pytest

from edgeagent.api.call import ServiceState
from edgeagent.api.caller import Caller
from edgeagent.api.transport.answer_grid import AnswerGrid
from edgeagent.api.transport.dispatcher import Client, Dispatcher
from edgeagent.api.transport.jsonrpc import BATCH_ANSWER_BYTES, BATCH_LIMIT, INVALID_REQUEST
from edgeagent.api.transport.send_queue import Message
from edgeagent.api.transport.subscriptions import Subscriptions
from edgeagent.api.worker_threads import WorkerThreads
from tests.api.running import Leaping, Running
from tests.api.transport.test_api_hostile import resident_bytes
from tests.bench.hostile_crowd import ask_in_batches

BATCH = json.dumps(
    [{"jsonrpc": "2.0", "id": number, "method": "rpc.discover"} for number in range(BATCH_LIMIT)]
).encode()


@pytest.mark.parametrize("door", ["unix", "websocket"])
def test_the_answers_to_a_batch_are_bounded_and_the_rest_is_refused(
    running: Running, door: str
) -> None:
    with running.line(manage=False) if door == "unix" else running.websocket() as client:
        client.send(BATCH)
        answers = client.receive()
        assert [answer["id"] for answer in answers] == list(range(BATCH_LIMIT))
        given = [answer for answer in answers if "result" in answer]
        assert 1 < len(given) < 10
        assert answers[: len(given)] == given
        for answer in answers[len(given) :]:
            assert answer["error"]["code"] == INVALID_REQUEST
            assert "smaller batches" in answer["error"]["message"]
        assert len(json.dumps(answers)) < 2 * BATCH_ANSWER_BYTES
        assert client.result("Discovery.policy")  # the next frame starts with a new limit


def test_batches_that_nobody_reads_cost_little(running: Running) -> None:
    with running.line() as other, ExitStack() as crowd:
        before = resident_bytes()
        ask_in_batches(running.port, crowd)
        for _ in range(200):
            assert other.result("Discovery.policy")
        assert resident_bytes() - before < 32_000_000


def test_work_for_a_peer_that_has_gone_stops() -> None:
    async def scenario(pieces: int) -> int:
        state, threads = SimpleNamespace(calls=0), WorkerThreads()
        dispatcher = Dispatcher(
            cast("ServiceState", state),
            threads=threads,
            subscriptions=Subscriptions(),
            pace=AnswerGrid(Leaping()),
        )
        client = Client(
            number=1, caller=Caller.APP, peer="app", app="websocket", version=1, send=lambda _: None
        )

        async def reply(message: Message) -> None:
            assert not isinstance(message, bytes)
            left = pieces
            async for _ in message:
                left -= 1
                if not left:
                    raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await dispatcher.handle(client, BATCH, reply=reply)
        threads.close()
        return cast("int", state.calls)

    assert asyncio.run(scenario(2)) == 1
    assert asyncio.run(scenario(4)) == 2
