"""The OpenRPC document: every example in it is called here, and it says what the code says."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from edgeagent.api.methods.registry import EVENTS, METHODS
from tests.api.methods.openrpc_document import DOCUMENT, document
from tests.api.running import Running

CONTENT = json.loads(DOCUMENT.read_bytes())
BY_NAME: dict[str, Any] = {method["name"]: method for method in CONTENT["methods"]}
WITHOUT_EXAMPLE = {"EdgeAgent.rollbackModel"}


def validate(value: object, schema: dict[str, Any]) -> None:
    jsonschema.validate(value, schema | {"components": CONTENT["components"]})


def test_the_document_in_the_package_is_what_the_code_says_and_its_examples_answer() -> None:
    made = document()
    assert made == DOCUMENT.read_bytes(), "run: python -m tests.api.methods.openrpc_document"


def test_every_method_and_event_is_described_with_its_class() -> None:
    known = {method.name: method.caller.label for method in METHODS}
    known |= {event.name: event.caller.label for event in EVENTS}
    assert {name: method["x-class"] for name, method in BY_NAME.items()} == known


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_examples_fit_their_own_schemas(name: str) -> None:
    method = BY_NAME[name]
    schemas = {param["name"]: param["schema"] for param in method["params"]}
    required = {param["name"] for param in method["params"] if param["required"]}
    assert method["examples"] or name in WITHOUT_EXAMPLE
    for example in method["examples"]:
        given = {param["name"]: param["value"] for param in example["params"]}
        assert required <= set(given) <= set(schemas)
        for key, value in given.items():
            validate(value, schemas[key])
        validate(example["result"]["value"], method["result"]["schema"])


def test_the_service_serves_it_to_everybody(running: Running) -> None:
    with running.line(manage=False) as client:
        assert client.result("rpc.discover") == CONTENT
