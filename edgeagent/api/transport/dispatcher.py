"""From a frame to its answer: find the method, check the caller, read parameters, run, publish.

The order is the same for every method. Whether a name exists is public; the caller is checked
before any parameter is read; an answer is sent before the events that follow from its call.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import msgspec

from edgeagent.api.call import Call, ServiceState
from edgeagent.api.caller import Caller
from edgeagent.api.events import history_changed
from edgeagent.api.method import Loose, Method
from edgeagent.api.methods.registry import find_event, find_method
from edgeagent.api.params import read_params
from edgeagent.api.transport import jsonrpc
from edgeagent.api.transport.answer_grid import VIEWINGS_A_SLOT, AnswerGrid
from edgeagent.api.transport.jsonrpc import Fault, Request
from edgeagent.api.transport.send_queue import Message
from edgeagent.api.transport.subscriptions import Listener, Subscriptions
from edgeagent.api.worker_threads import WorkerThreads
from edgeagent.errors import ConsentRequired, EdgeAgentError, InputError

__all__ = ["Client", "Dispatcher", "not_permitted"]

_LOG = logging.getLogger("edgeagent.api")


class _Listen(Loose, frozen=True, kw_only=True):
    listen: bool


class Client:
    """One connection: its class of caller, its peer and its subscriptions."""

    def __init__(
        self,
        *,
        number: int,
        caller: Caller,
        peer: str,
        app: str,
        version: int,
        send: Callable[[bytes], None],
    ) -> None:
        """Stand for connection ``number`` of ``peer``; ``send`` queues events.

        ``app`` is what it tells of is stored under: an ``AppName``.
        """
        self.number = number
        self.caller = caller
        self.peer = peer
        self.app = app
        self.listener = Listener(send=send, version=version)


class Dispatcher:
    """Answers the frames of all connections."""

    def __init__(
        self,
        state: ServiceState,
        *,
        threads: WorkerThreads,
        subscriptions: Subscriptions,
        pace: AnswerGrid,
    ) -> None:
        """Run calls on ``threads``, and publish their events to ``subscriptions``.

        Args:
            state: what all calls share.
            threads: where they run.
            subscriptions: receives events.
            pace: delays the answers to apps.

        """
        self._state = state
        self._threads = threads
        self._subscriptions = subscriptions
        self._pace = pace

    async def handle(
        self, client: Client, data: bytes | str, *, reply: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Answer a frame through ``reply``, then publish the events that follow from it.

        Raises:
            ConnectionResetError: from ``reply``, when the peer has disconnected; the remaining
                requests of its batch are not carried out.

        """
        try:
            frame = jsonrpc.read_frame(data)
        except jsonrpc.BadFrame as error:
            await reply(jsonrpc.error_answer(None, error.code, str(error)))
            return
        events: list[tuple[str, object]] = []
        try:
            if frame.is_batch:
                await reply(self._batch(client, frame.items, events))
            elif (answer := await self._one(client, frame.items[0], events)) is not None:
                await reply(answer)
        finally:
            for name, value in events:
                self._subscriptions.publish(name, value)

    async def _batch(
        self,
        client: Client,
        items: Sequence[Request | Fault],
        events: list[tuple[str, object]],
    ) -> AsyncIterator[bytes]:
        """Yield the answers of a batch, each made after the one before was sent."""
        room, before = jsonrpc.BATCH_ANSWER_BYTES, b"["
        for item in items:
            answer = await self._one(client, item if room > 0 else jsonrpc.refused(item), events)
            if answer is not None:
                room -= len(answer)
                yield before
                yield answer
                before = b","
        if before == b",":
            yield b"]"

    async def disconnected(self, client: Client) -> None:
        """A connection was closed: store what it was playing."""
        self._subscriptions.remove(client.listener)
        # In a flood, clients that have sent nothing must not queue before one that does.
        if self._state.knows(client.number):
            changed = await self._threads.run("quick", lambda: self._state.leave(client.number))
            for profile in changed:
                self._subscriptions.publish(*history_changed(profile))

    async def _one(
        self, client: Client, item: Request | Fault, events: list[tuple[str, object]]
    ) -> bytes | None:
        if isinstance(item, Fault):
            return jsonrpc.error_answer(item.id, item.code, item.message)
        try:
            answer = jsonrpc.result_answer(item.id, await self._result(client, item, events))
        except EdgeAgentError as error:
            answer = jsonrpc.failure_answer(item.id, error)
        except _UnknownMethodError as error:
            answer = jsonrpc.error_answer(item.id, jsonrpc.METHOD_NOT_FOUND, str(error))
        except Exception as error:  # noqa: BLE001  (one call must not end the service)
            _LOG.error("%s failed: %s", _known_name(item.method), type(error).__name__)
            answer = jsonrpc.error_answer(item.id, jsonrpc.INTERNAL_ERROR, "internal error")
        return None if item.is_notification else answer

    async def _result(
        self, client: Client, request: Request, events: list[tuple[str, object]]
    ) -> object:
        event = find_event(request.method)
        if event is not None:
            _require(client, event.caller, event.name)
            return self._listen(client, event.name, request)
        method = find_method(request.method)
        if method is None:
            raise _UnknownMethodError("there is no such method")
        _require(client, method.caller, method.name)
        params = read_params(method, request.params)
        call = Call(
            state=self._state,
            caller=client.caller,
            connection=client.number,
            peer=client.peer,
            app=client.app,
            version=client.listener.version,
            events=events,
        )
        if client.caller is not Caller.APP:
            return await self._run(method, call, params)
        viewings = len(params) if isinstance(params, tuple) else 1
        return await self._pace.run(
            client.peer,
            lambda: self._run(method, call, params),
            slots=1 + viewings // VIEWINGS_A_SLOT,
        )

    async def _run(self, method: Method, call: Call, params: object) -> object:
        self._state.calls += 1
        if self._state.is_gone():
            call.events.extend(await self._threads.run_alone(self._state.open_new_box))
        if (first := method.first) is not None:
            params = await self._threads.run("fetch", lambda: first(call))

        def work() -> object:
            return method.run(call, params)

        if method.mode == "alone":
            return await self._threads.run_alone(work)
        return await self._threads.run(method.mode, work)

    def _listen(self, client: Client, event: str, request: Request) -> object:
        given = request.params if isinstance(request.params, dict) else {}
        if isinstance(request.params, list) and request.params:
            given = {"listen": request.params[0]}
        try:
            listen = msgspec.convert(given, _Listen).listen
        except msgspec.ValidationError as error:
            raise InputError(
                f"{event}: {error}", hint='send {"listen": true} to begin, false to end'
            ) from error
        self._subscriptions.add(client.listener)
        answer = client.listener.listen(event, request.id, on=listen)
        return answer if client.listener.version == 1 else None


class _UnknownMethodError(Exception):
    """There is no method of that name."""


def not_permitted(name: str) -> ConsentRequired:
    """Return the error for a call that needs a higher class of caller."""
    return ConsentRequired(
        f"{name} is for the household and its platform, not for apps",
        hint="use the manager's endpoint: 'edgeagent service endpoint' prints it for its owner",
    )


def _require(client: Client, least: Caller, name: str) -> None:
    if client.caller < least:
        raise not_permitted(name)


def _known_name(name: str) -> str:
    """Return a method's name for the log; a name that a client made up is not logged."""
    method = find_method(name)
    return "a call" if method is None else method.name
