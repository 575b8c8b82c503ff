"""The reference of ``edgeagent/api/METHODS.md``: every method, event and type of the document.

Examples stand as they go over the wire, one message a line. Long answers are indented here, lists
are cut after their first members and texts after a hundred characters; the document has all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from tests.api.methods.openrpc_document import DOCUMENT

__all__ = ["cut", "reference", "type_of"]

Json = dict[str, Any]
_EXAMPLES = 2
"""Shown of each method."""
_LINE = 110
"""Longest answer that stands in one line."""
_FEW_PLAIN, _FEW_OBJECTS, _FEW_LETTERS = 4, 1, 100
_WHO = {
    "app": "any local client (class app)",
    "manage": "a manager (class manage)",
}


def reference() -> str:
    """Return the page's body."""
    document = json.loads(DOCUMENT.read_bytes())
    blocks: list[str] = []
    for module, methods in groupby(document["methods"], key=lambda one: one["name"].split(".")[0]):
        blocks += [f"## {module}", *(block for method in methods for block in _method(method))]
    blocks.append("## Types")
    for name, schema in document["components"]["schemas"].items():
        blocks += _type(name, schema, document["methods"])
    return "\n\n".join(blocks)


def _method(method: Json) -> Iterator[str]:
    is_event = bool(method.get("tags"))
    yield f"### {method['name']}"
    yield _sentence(method["summary"])
    who = _WHO[method["x-class"]]
    if is_event:
        value = type_of(method["result"]["schema"]["anyOf"][1])
        yield f"For {who}. Value: {value}."
    else:
        yield f"For {who}. Answer: {type_of(method['result']['schema'])}."
        if method["params"]:
            yield _parameters(method)
    if method.get("errors"):
        yield _errors(method["errors"])
    yield from _event_example(method) if is_event else _examples(method)


def _parameters(method: Json) -> str:
    rows = [
        f"| `{one['name']}` | {type_of(one['schema'])} | {_default(one)} | {text} |"
        for one in method["params"]
        for text in (_cell(one["description"]),)
    ]
    table = ["| parameter | type | default | meaning |", "| --- | --- | --- | --- |", *rows]
    if method.get("x-list"):
        table += ["", "A list of such objects is one call, stored as a whole or not at all."]
    return "\n".join(table)


def _default(param: Json) -> str:
    if param["required"]:
        return "required"
    return f"`{json.dumps(param['schema'].get('default'))}`"


def _errors(errors: list[Json]) -> str:
    rows = [
        f"| −{-one['code']} | `{one['data']['kind']}` | {_cell(one['message'])} |" for one in errors
    ]
    return "\n".join(["| error | kind | such as |", "| --- | --- | --- |", *rows])


def _examples(method: Json) -> Iterator[str]:
    for example in method["examples"][:_EXAMPLES]:
        params = {one["name"]: one["value"] for one in example["params"]}
        lines = [
            f"→ {_request(method['name'], params)}",
            f"← {_answer(example['result']['value'])}",
        ]
        yield f"{example['name']}:"
        yield "\n".join(["```text", *lines, "```"])


def _event_example(method: Json) -> Iterator[str]:
    begun, told = method["examples"]
    lines = [
        f"→ {_request(method['name'], {'listen': True})}",
        f"← {_answer(begun['result']['value'])}",
        f"← {_answer(told['result']['value'])}",
    ]
    yield "\n".join(["```text", *lines, "```"])


def _request(name: str, params: Json) -> str:
    request: Json = {"jsonrpc": "2.0", "id": 1, "method": name}
    return _line(request | ({"params": params} if params else {}))


def _answer(result: object) -> str:
    answer = {"jsonrpc": "2.0", "id": 1, "result": result}
    if len(_line(answer)) <= _LINE:
        return _line(answer)
    return "\n".join(_indented(cut(answer), ""))


def _indented(value: object, margin: str) -> Iterator[str]:
    """Yield the lines of a value; a short one takes one line."""
    if len(margin) + len(_line(value)) <= _LINE or not isinstance(value, dict | list):
        yield _line(value)
        return
    items = [
        (f"{_line(key)}: " if isinstance(value, dict) else "", below)
        for key, below in (value.items() if isinstance(value, dict) else enumerate(value))
    ]
    yield "{" if isinstance(value, dict) else "["
    for number, (name, below) in enumerate(items, start=1):
        first, *rest = _indented(below, f"{margin}  ")
        lines = [f"{margin}  {name}{first}", *rest]
        lines[-1] += "," if number < len(items) else ""
        yield from lines
    yield margin + ("}" if isinstance(value, dict) else "]")


def _line(message: object) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def cut(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """Return a value with the ends of its lists and long texts left out, which ``…`` says."""
    if isinstance(value, dict):
        return {key: cut(below) for key, below in value.items()}
    if isinstance(value, list):
        plain = not any(isinstance(one, dict | list) for one in value)
        few = _FEW_PLAIN if plain else _FEW_OBJECTS
        return [cut(one) for one in value[:few]] + (["…"] if len(value) > few else [])
    if isinstance(value, str) and len(value) > _FEW_LETTERS:
        return f"{value[:_FEW_LETTERS]}…"
    return value


def _type(name: str, schema: Json, methods: list[Json]) -> Iterator[str]:
    is_params = name.endswith("Params") or any(_is_params_of(schema, one) for one in methods)
    if is_params or not ("enum" in schema or schema["properties"]):
        return  # the tables of the methods have them
    yield f"#### {name}"
    text = _sentence(schema["description"])
    if "enum" in schema:
        yield f"{text} One of {_words(schema['enum'])}."
        return
    yield text
    rows = [
        f"| `{field}` | {type_of(below)} | {_cell(below.get('description', ''))} |"
        for field, below in schema["properties"].items()
    ]
    if rows:
        yield "\n".join(["| field | type | meaning |", "| --- | --- | --- |", *rows])


def _is_params_of(schema: Json, method: Json) -> bool:
    """Say whether a type is what a method takes: its own fields are the parameters."""
    fields = list(schema.get("properties", {}))
    is_open = "additionalProperties" not in schema  # as Firebolt's parameters are, and no answer is
    return bool(fields) and is_open and fields == [one["name"] for one in method["params"]]


def type_of(schema: Json) -> str:
    """Return a JSON Schema in words, references as links."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(type_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return _words(schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("prefixItems", [schema.get("items")])  # those of a pair are alike
        return f"list of {type_of(items[0])}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_of(schema['additionalProperties'])}"
    return f"{schema.get('type', 'any JSON')}{_range(schema)}"


def _range(schema: Json) -> str:
    if schema.get("type") == "string":
        return f", at most {schema['maxLength']} characters" if "maxLength" in schema else ""
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f", {least:g} to {most:,}"
    return "" if least is None else f", at least {least:g}"


def _words(values: list[object]) -> str:
    return ", ".join(f"`{json.dumps(value)}`" for value in values)


def _sentence(text: str) -> str:
    return text if text.endswith(".") or not text else f"{text}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
