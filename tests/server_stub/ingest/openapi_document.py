"""The OpenAPI document of the server, made from the types and answers of the code.

    python -m tests.server_stub.ingest.openapi_document

writes it; a test compares it and asks a running server for every answer in it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

import server_stub.ingest
from edgeagent import __version__
from edgeagent.messages import REPORT_BYTES, Report
from edgeagent.messages.targets import METADATA, TARGETS
from server_stub.ingest.app import REPORTS

__all__ = ["DOCUMENT", "document"]

DOCUMENT = Path(server_stub.ingest.__file__).parent / "openapi.json"
_LATER = ("408", "425", "429", "503", "507")
_ANSWERS = {
    "204": "On disk and counted once, now or before.",
    "400": "Not a report that this server accepts; the body says why.",
    "408": "The head took longer than 5 s, or the body longer than 10 s.",
    "409": "Another report has this report_id.",
    "410": "Its week is closed.",
    "413": "Longer than a report.",
    "415": "Not application/json in UTF-8.",
    "425": "Its week has not ended here: the clocks differ.",
    "429": "Too many requests of one address within a minute.",
    "431": "The head is longer than 16 KiB.",
    "503": "Too many reports at once, or the store cannot be written.",
    "507": "The disk is full.",
}
_WITH_RETRY_AFTER = ("425", "429", "503", "507")
_FILE = {
    "200": "The file.",
    "206": "Part of the file.",
    "304": "Not changed.",
    "400": "The Range header cannot be read.",
    "404": "There is no such file.",
    "416": "Outside the file.",
}


def document() -> dict[str, Any]:
    """Return the document."""
    _, schemas = msgspec.json.schema_components(
        [Report], ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "edgeagent server",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Takes reports of boxes and serves their signed models. Needs no login: "
            "a report says nothing of its sender, and files are signed.",
        },
        "servers": [{"url": "https://reports.example.com"}],
        "security": [],
        "paths": {
            REPORTS: {"post": _post()},
            "/healthz": {"get": _health()},
            f"/{METADATA}/{{name}}": {"get": _file("Signed metadata of the repository (TUF).")},
            f"/{TARGETS}/{{name}}": {"get": _file("A model, catalogue or task, named by hash.")},
        },
        "components": {"schemas": json.loads(json.dumps(schemas).replace(r"\\Z", "$"))},
    }


def _post() -> dict[str, Any]:
    return {
        "operationId": "addReport",
        "summary": "Add one report.",
        "description": f"The body has exactly {REPORT_BYTES} bytes: the report as canonical JSON "
        "(sorted keys, no white space), padded with spaces at its end.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}},
        },
        "responses": {status: _answer(status, said) for status, said in _ANSWERS.items()},
    }


def _answer(status: str, said: str) -> dict[str, Any]:
    again = "The same report may be sent again." if status in _LATER else ""
    answer: dict[str, Any] = {"description": f"{said} {again}".strip()}
    if status in _WITH_RETRY_AFTER:
        seconds = {"type": "integer", "minimum": 1}
        answer["headers"] = {"Retry-After": {"schema": seconds, "description": "Seconds."}}
    if status not in {"204", "408", "431"}:
        answer["content"] = {"text/plain": {"schema": {"type": "string"}}}
    return answer


def _health() -> dict[str, Any]:
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": "health",
        "summary": "Whether the last batch of reports was stored.",
        "responses": {
            "200": {"description": "It was, or there was none.", "content": text},
            "503": {"description": "It was not; the body says why.", "content": text},
        },
    }


def _file(summary: str) -> dict[str, Any]:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "summary": summary,
        "parameters": [name],
        "responses": {status: {"description": said} for status, said in _FILE.items()},
    }


if __name__ == "__main__":
    DOCUMENT.write_text(json.dumps(document(), indent=1) + "\n", "utf-8")
