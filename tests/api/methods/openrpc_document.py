"""``edgeagent/api/methods/openrpc.json`` as the code says today, every example in it really called.

``python -m tests.api.methods.openrpc_document`` rewrites it; a test compares. Examples run one
after the other on one box, through the dispatcher, and their results are what came back.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from edgeagent import __version__
from edgeagent.api.call import Outside, ServiceState
from edgeagent.api.caller import Caller
from edgeagent.api.confirmations import Confirmations
from edgeagent.api.method import Event, Method
from edgeagent.api.methods import registry as methods
from edgeagent.api.transport.answer_grid import AnswerGrid, LoopTime
from edgeagent.api.transport.dispatcher import Client, Dispatcher
from edgeagent.api.transport.send_queue import Message
from edgeagent.api.transport.subscriptions import Subscriptions
from edgeagent.api.worker_threads import WorkerThreads
from edgeagent.clock import WEEK_SECONDS
from edgeagent.config import Config, ServiceConfig
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.randomness import SeededRandomSource
from tests.api.methods.openrpc_examples import EXAMPLES
from tests.api.running import InProcess, quiet

DOCUMENT = Path(methods.__file__).with_name("openrpc.json")
_REF = "#/components/schemas/{name}"
_LISTEN = {
    "type": "object",
    "required": ["event", "listening"],
    "properties": {"event": {"type": "string"}, "listening": {"type": "boolean"}},
    "additionalProperties": False,
}
_DESCRIPTION = (
    "JSON-RPC 2.0 over a loopback WebSocket (sub-protocol jsonrpc, optional) and, a line each, "
    "over a unix socket. Modules are found in any case. x-class says who may call: app is any "
    "local client, manage is an allowed user on the unix socket or whoever holds the manager "
    "token. Times are seconds since 1970-01-01T00:00:00Z."
)


def document() -> bytes:
    """Return the document as bytes."""
    examples = asyncio.run(_called())
    own_components = _schemas([method.params for method in methods.METHODS])[1]
    results, components = _schemas([_answer(method) for method in methods.METHODS])
    values, more = _schemas([event.value for event in methods.EVENTS])
    components |= more | own_components
    described = [
        _method(method, components, result, examples.get(method.name, []))
        for method, result in zip(methods.METHODS, results, strict=True)
    ]
    described += [
        _event(event, value, examples.get(event.name, []))
        for event, value in zip(methods.EVENTS, values, strict=True)
    ]
    content = {
        "openrpc": "1.2.4",
        "info": {"title": "edgeagent", "version": __version__, "description": _DESCRIPTION},
        "methods": sorted(described, key=lambda item: str(item["name"])),
        "components": {"schemas": dict(sorted(components.items()))},
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def _schemas(kinds: list[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a schema for each type, and what they refer to."""
    found, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    return list(found), components


def _answer(method: Method) -> Any:  # noqa: ANN401  (any type)
    return get_type_hints(method.run, include_extras=True)["return"]


def _method(
    method: Method, components: dict[str, Any], result: dict[str, Any], examples: list[Any]
) -> dict[str, Any]:
    shape = components[method.params.__name__]
    required = shape.get("required", [])
    return {
        "name": method.name,
        "summary": method.summary,
        "x-class": method.caller.label,
        "params": [
            {"name": name, "required": name in required, "schema": schema}
            for name, schema in shape["properties"].items()
        ],
        "result": {"name": method.result_name, "schema": result},
        "examples": examples,
    }


def _event(event: Event, value: dict[str, Any], examples: list[Any]) -> dict[str, Any]:
    return {
        "name": event.name,
        "summary": event.summary,
        "tags": [{"name": "event"}],
        "x-class": event.caller.label,
        "params": [{"name": "listen", "required": True, "schema": {"type": "boolean"}}],
        "result": {"name": "value", "schema": {"anyOf": [_LISTEN, value]}},
        "examples": examples,
    }


async def _called() -> dict[str, list[Any]]:
    """Return the examples of each method, with what came back."""
    done: dict[str, list[Any]] = {}
    with tempfile.TemporaryDirectory() as directory:
        threads = WorkerThreads()
        state = await threads.run("quick", lambda: _state(Path(directory)))
        dispatcher = Dispatcher(
            state, threads=threads, subscriptions=Subscriptions(), pace=AnswerGrid(LoopTime())
        )
        client = Client(number=1, caller=Caller.MANAGE, peer="", version=1, send=lambda _: None)
        for name, method, given in EXAMPLES:
            params = given(done) if callable(given) else given
            result = await _result(dispatcher, client, method, params)
            example = {
                "name": name,
                "params": [{"name": key, "value": value} for key, value in params.items()],
                "result": {"name": "result", "value": result},
            }
            done.setdefault(method, []).append(example)
        await threads.run("quick", state.close)
        threads.close()
    return done


async def _result(dispatcher: Dispatcher, client: Client, method: str, params: object) -> Any:  # noqa: ANN401  (any JSON)
    answers: list[bytes] = []

    async def reply(message: Message) -> None:
        assert isinstance(message, bytes)
        answers.append(message)

    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    await dispatcher.handle(client, json.dumps(request), reply=reply)
    answer = json.loads(answers[0])
    if "result" not in answer:
        message = f"the example of {method} failed: {answer}"
        raise ValueError(message)
    return {} if method == "rpc.discover" else answer["result"]


def _state(directory: Path) -> ServiceState:
    """Return a box that has lived: it has a model, viewings, and one report that waits."""
    box = AgentBox(directory=directory / "box", runtime_directory=directory / "run")
    box.config = Config(
        server_url="https://models.example",
        service=ServiceConfig(profile_flags={"userExperience": "1000"}),
    )
    with box.open() as agent:
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            agent.grant(purpose)
        box.update(agent, vouched_until=box.clock.now() + 300 * 86_400)
        box.clock.set(box.end_of_reporting_week(agent))
        agent.record_watch(WatchEvent(entity_id="t:02", watched_on=box.clock.now() - 90_000))
        agent.close_week()
        box.clock.advance(WEEK_SECONDS)

    outside = Outside(
        open_agent=box.open,
        erase_box=_no_erasing,
        jobs=InProcess(box),
        look=quiet(box.clock),
        clock=box.clock,
    )
    random = SeededRandomSource("openrpc")
    return ServiceState(
        outside, config=box.config, confirmations=Confirmations(clock=box.clock, random=random)
    )


def _no_erasing(reason: str) -> Any:  # noqa: ANN401  (never returns)
    raise NotImplementedError(reason)


if __name__ == "__main__":
    DOCUMENT.write_bytes(document())
