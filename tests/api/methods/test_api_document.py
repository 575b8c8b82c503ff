"""The OpenRPC document says what the code says, all of it, and its examples are true."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import jsonschema
import pytest

from edgeagent.api.methods.registry import EVENTS, METHODS
from edgeagent.cli.simulate import command as simulate
from model_export.synthetic import synthetic_catalogue
from tests.api.methods.openrpc_document import DOCUMENT, document, kept
from tests.api.methods.openrpc_recording import PACKAGED_HOME, SEED, TITLES, recorded
from tests.api.running import Running

CONTENT = json.loads(DOCUMENT.read_bytes())
BY_NAME: dict[str, Any] = {method["name"]: method for method in CONTENT["methods"]}
EXPORTED = re.compile("Box|ConsentRecord|Exported|Picks?$|Reason$|SegmentCause$")
"""Types of an export file, which the page of the services describes."""


def validate(value: object, schema: dict[str, Any]) -> None:
    known = schema | {"components": CONTENT["components"]}
    jsonschema.Draft202012Validator(known).validate(value)


def test_the_schemas_are_schemas() -> None:
    for schema in CONTENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_document_in_the_package_is_what_the_code_says() -> None:
    made = document(*kept())
    assert made == DOCUMENT.read_bytes(), "run: python -m tests.api.methods.openrpc_document"


def test_every_method_and_event_is_described_with_its_class() -> None:
    known = {method.name: method.caller.label for method in METHODS}
    known |= {event.name: event.caller.label for event in EVENTS}
    assert {name: method["x-class"] for name, method in BY_NAME.items()} == known


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_summary_parameters_answer_and_examples_are_there(name: str) -> None:
    method = BY_NAME[name]
    assert method["summary"].endswith(".")
    assert all(param["description"] and param["schema"] for param in method["params"])
    assert method["result"]["schema"]
    assert method["examples"]


@pytest.mark.parametrize("name", sorted(CONTENT["components"]["schemas"]))
def test_every_field_is_described(name: str) -> None:
    schema = CONTENT["components"]["schemas"][name]
    assert schema["description"]
    fields = schema.get("properties", {})
    without = [field for field, below in fields.items() if not below.get("description")]
    assert not without or EXPORTED.match(name)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_examples_fit_their_own_schemas(name: str) -> None:
    method = BY_NAME[name]
    schemas = {param["name"]: param["schema"] for param in method["params"]}
    required = {param["name"] for param in method["params"] if param["required"]}
    for example in method["examples"]:
        given = {param["name"]: param["value"] for param in example["params"]}
        assert required <= set(given) <= set(schemas)
        for key, value in given.items():
            validate(value, schemas[key])
        validate(example["result"]["value"], method["result"]["schema"])


@pytest.mark.deep
def test_a_box_answers_each_example_in_the_same_shape() -> None:
    found, (examples, errors) = recorded(), kept()
    assert set(found.examples) == set(examples) == set(BY_NAME)
    for name, played in found.examples.items():
        assert shape(played) == shape(examples[name]), name
    assert {name: codes(played) for name, played in found.errors.items()} == {
        name: codes(played) for name, played in errors.items()
    }


def shape(value: object) -> object:
    """Return the types of a JSON value: numbers depend on the processor, ids on chance."""
    if isinstance(value, dict):
        return {key: shape(below) for key, below in value.items()}
    if isinstance(value, list):
        return [shape(below) for below in value]
    return "number" if isinstance(value, float) else type(value).__name__


def codes(errors: list[Any]) -> list[tuple[int, str]]:
    return [(error["code"], error["data"]["kind"]) for error in errors]


def test_titles_of_the_examples_are_in_the_catalogue_of_a_simulated_run() -> None:
    (seed,) = (option for option in simulate.params if option.name == "seed")
    assert seed.default == SEED
    assert inspect.signature(synthetic_catalogue).parameters["titles"].default == TITLES
    catalogue = {title.entity_id for title in synthetic_catalogue(SEED)}
    named = set(re.findall(rb'"((?:film|series)-[\w-]+)"', DOCUMENT.read_bytes()))
    unknown = {name.decode() for name in named} - catalogue
    assert len(named) > 15
    assert unknown == {"film-9999"}  # the example of one that is not there


def test_files_of_the_examples_lie_where_the_packages_keep_a_box() -> None:
    files = re.findall(r'"file": "(.*?)"', DOCUMENT.read_text("utf-8"))
    assert files
    assert {file for file in files if not file.startswith(f"{PACKAGED_HOME}/")} == set()


def test_the_service_serves_it_to_everybody(running: Running) -> None:
    with running.line(manage=False) as client:
        assert client.result("rpc.discover") == CONTENT
