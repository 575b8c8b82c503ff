from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from edgeagent.clock import week_start
from edgeagent.messages import encode_report
from server_stub.ingest.connections import ConnectionLimits
from tests.server_stub.ingest.openapi_document import DOCUMENT, document
from tests.server_stub.loopback import JSON, WEEK, Stub, make_report, running_stub

PAGE = DOCUMENT.with_name("README.md")
ANSWERS = document()["paths"]["/v1/reports"]["post"]["responses"]
ELSEWHERE = {"429", "503", "507"}
"""Answered in tests of their own: a rate, a queue and a disk that are full."""


def test_the_document_is_what_the_code_says() -> None:
    again = "run: python -m tests.server_stub.ingest.openapi_document"
    assert json.loads(DOCUMENT.read_text("utf-8")) == document(), again


def test_a_report_fits_its_schema_and_what_is_none_does_not() -> None:
    schema = document()["components"]["schemas"]["Report"]
    checker = jsonschema.Draft202012Validator(schema)
    report = json.loads(encode_report(make_report()))
    checker.validate(report)
    for change in ({"report_id": "0"}, {"week": -1}, {"counts": [1]}, {"task": "x"}, {"box": 1}):
        with pytest.raises(jsonschema.ValidationError):
            checker.validate(report | change)


def test_every_answer_is_documented_and_is_given(tmp_path: Path) -> None:
    other = make_report(counts=(0, 0, 0, 0, 0, 0, 0, 1, 1))
    quick = ConnectionLimits(body_seconds=0.05)
    with running_stub(tmp_path, limits=quick) as stub:
        given = {
            stub.post(make_report()).status,
            stub.post(b"{").status,
            stub.post(other).status,
            stub.post(b" " * 513).status,
            stub.ask("POST", "/v1/reports", body=b"").status,
            stub.post(make_report(2, week=WEEK + 1)).status,
            raw_status(stub, b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{"),
            raw_status(stub, b"X: " + b"x" * (16 << 10)),
        }
        stub.clock.set(week_start(WEEK + 15))
        given.add(stub.post(make_report(3)).status)
    assert {str(status) for status in given} == set(ANSWERS) - ELSEWHERE


def raw_status(stub: Stub, rest: bytes) -> int:
    return int(stub.raw(b"POST /v1/reports HTTP/1.1\r\nHost: x\r\n" + rest)[9:12])


@pytest.mark.parametrize("path", ["/v1/reports", "/healthz"])
def test_no_other_method_is_answered(stub: Stub, path: str) -> None:
    documented = {name.upper() for name in document()["paths"][path]}
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - documented:
        answer = stub.ask(method, path, body=b"", headers=JSON)
        assert (answer.status, documented <= set(answer.headers["allow"].split(", "))) == (
            405,
            True,
        )


def test_files_are_answered_as_documented(stub: Stub) -> None:
    for place in ("metadata", "targets"):
        answers = document()["paths"][f"/{place}/{{name}}"]["get"]["responses"]
        found = [
            stub.ask("GET", f"/metadata/{name}", headers=headers)
            for name, headers in (
                ("1.root.json", {}),
                ("1.root.json", {"Range": "bytes=0-1"}),
                ("1.root.json", {"Range": "bytes=99-"}),
                ("1.root.json", {"Range": "acres"}),
                ("none", {}),
            )
        ]
        etag = {"If-None-Match": found[0].headers["etag"]}
        found.append(stub.ask("GET", "/metadata/1.root.json", headers=etag))
        assert {str(answer.status) for answer in found} == set(answers)


def test_the_page_has_every_answer() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text("utf-8").splitlines() if "|" in line]
    shown = {word.strip() for row in rows for word in row.split(",")}
    assert set(ANSWERS) <= shown
    assert msgspec.json.decode(DOCUMENT.read_bytes())["openapi"] == "3.1.0"
