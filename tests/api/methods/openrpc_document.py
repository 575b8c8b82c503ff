"""``edgeagent/api/methods/openrpc.json`` as the code says today, with examples that were played.

``python -m tests.api.methods.openrpc_document`` plays them again, which takes half a minute;
``--kept`` keeps those that the document has. Tests compare the document with the code, and the
shape of every example with what a box answers now. ``python -m tests.pages`` then makes the pages.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from edgeagent import __version__
from edgeagent.api.method import Event, Method
from edgeagent.api.methods import registry as methods
from tests.api.methods.openrpc_descriptions import described, descriptions, plain

__all__ = ["DOCUMENT", "document", "kept"]

DOCUMENT = Path(methods.__file__).with_name("openrpc.json")
_REF = "#/components/schemas/{name}"
_LISTEN = {
    "type": "object",
    "required": ["event", "listening"],
    "properties": {"event": {"type": "string"}, "listening": {"type": "boolean"}},
    "additionalProperties": False,
}
_DESCRIPTION = (
    "JSON-RPC 2.0 over a WebSocket on loopback (sub-protocol jsonrpc, optional) and over a unix "
    "socket, one message per line. The module's name is matched in any case. x-class says who may "
    "call: app is any local client, manage is an allowed user on the unix socket or a client with "
    "the manager's token. Times are seconds since 1970-01-01T00:00:00Z. Every method can also fail "
    "with -32602 (wrong parameters), -40300 (not permitted), -50100 (the store) and -32603; the "
    "errors of a method are those of its own, each as it was answered."
)
_LISTEN_PARAM = {
    "name": "listen",
    "description": "true begins to listen, false ends it.",
    "required": True,
    "schema": {"type": "boolean"},
}


def document(examples: Mapping[str, list[Any]], errors: Mapping[str, list[Any]]) -> bytes:
    """Return the document with these examples, and errors, of each method."""
    own_components = _schemas([method.params for method in methods.METHODS])[1]
    results, components = _schemas([_answer(method) for method in methods.METHODS])
    values, more = _schemas([event.value for event in methods.EVENTS])
    components |= more | own_components
    listed = [
        _method(method, components, result) | _played(method.name, examples, errors)
        for method, result in zip(methods.METHODS, results, strict=True)
    ]
    listed += [
        _event(event, value) | _played(event.name, examples, errors)
        for event, value in zip(methods.EVENTS, values, strict=True)
    ]
    kinds: dict[str, type] = dict(_kinds(msgspec.Struct))
    content = {
        "openrpc": "1.2.4",
        "info": {"title": "edgeagent", "version": __version__, "description": _DESCRIPTION},
        "methods": sorted(listed, key=lambda item: str(item["name"])),
        "components": {
            "schemas": {
                name: described(schema, kinds.get(name, object))
                for name, schema in sorted(components.items())
            }
        },
    }
    text = msgspec.json.format(msgspec.json.encode(content), indent=1).decode()
    # Python alone writes the end of a text as \Z; in JSON Schema it is $.
    return text.replace("\\\\Z", "$").encode() + b"\n"


def _schemas(kinds: list[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a schema for each type, and what they refer to."""
    found, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    return list(found), components


def _kinds(base: type) -> Iterator[tuple[str, type]]:
    """Yield our own struct types by name; a test sees that no name stands for two."""
    kinds: list[type] = base.__subclasses__()
    for kind in kinds:
        if kind.__module__.startswith("edgeagent."):
            yield kind.__name__, kind
            yield from _kinds(kind)


def _answer(method: Method) -> Any:  # noqa: ANN401  (any type)
    return get_type_hints(method.run, include_extras=True)["return"]


def _method(method: Method, components: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    shape = components[method.params.__name__]
    required = shape.get("required", [])
    texts = descriptions(method.params)
    return {
        "name": method.name,
        "summary": plain(method.summary),
        "x-class": method.caller.label,
        **({"x-list": True} if method.takes_a_list else {}),
        "params": [
            {
                "name": name,
                "description": texts.get(name, ""),
                "required": name in required,
                "schema": schema,
            }
            for name, schema in shape["properties"].items()
        ],
        "result": {"name": method.result_name, "schema": result},
    }


def _event(event: Event, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": event.name,
        "summary": plain(event.summary),
        "tags": [{"name": "event"}],
        "x-class": event.caller.label,
        "params": [_LISTEN_PARAM],
        "result": {"name": "value", "schema": {"anyOf": [_LISTEN, value]}},
    }


def _played(
    name: str, examples: Mapping[str, list[Any]], errors: Mapping[str, list[Any]]
) -> dict[str, Any]:
    found = {"errors": errors[name]} if errors.get(name) else {}
    return {**found, "examples": examples.get(name, [])}


def kept() -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Return the examples and errors that the document in the package holds."""
    listed = json.loads(DOCUMENT.read_bytes())["methods"]
    return (
        {method["name"]: method["examples"] for method in listed},
        {method["name"]: method["errors"] for method in listed if "errors" in method},
    )


def _main(words: list[str]) -> None:
    if words == ["--kept"]:
        DOCUMENT.write_bytes(document(*kept()))
        return
    from tests.api.methods.openrpc_recording import recorded  # noqa: PLC0415  (heavy)

    found = recorded()
    DOCUMENT.write_bytes(document(found.examples, found.errors))


if __name__ == "__main__":
    _main(sys.argv[1:])
