"""Real clients: the unmodified npm SDKs spend an evening with the service."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edgeagent.api.methods.registry import find_event, find_method
from edgeagent.clock import iso_utc
from edgeagent.services.household.privacy_flags import FLAGS
from tests.api.methods.openrpc_document import DOCUMENT
from tests.api.running import Running

Said = dict[str, Any]


def spend(sdks: Path, endpoint: str, role: str) -> Said:
    done = subprocess.run(
        ["node", "evening.mjs", endpoint, role],
        cwd=sdks.parent,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said: Said = json.loads(done.stdout.splitlines()[-1])
    return said


def test_an_app_reads_and_is_refused_what_is_the_households(running: Running, sdks: Path) -> None:
    said = spend(sdks, f"ws://127.0.0.1:{running.port}/", "app")
    assert said == {
        "settings": dict.fromkeys(FLAGS, False),
        "refusedWithoutConsent": -40300,
        "refusedWidening": -40300,
        "policy": {
            "enableRecommendations": False,
            "shareWatchHistory": False,
            "rememberWatchedPrograms": False,
        },
        "limitAdTracking": True,
        "flags": {},
    }


def test_a_manager_spends_a_whole_evening(running: Running, sdks: Path) -> None:
    said = spend(sdks, f"ws://127.0.0.1:{running.port}/?token={running.token}", "manage")
    on = dict.fromkeys(FLAGS, True)
    assert said["told"] == on
    assert said["set"] == on
    assert said["settings"] == on | {"allowResumePoints": False}
    assert all(said["policy"].values())
    assert [said["watched"], said["watchedList"], said["child"]] == [True, True, True]
    assert said["media"] == [True] * 70
    assert said["invalid"] == -32602
    assert said["unknown"] == -32601
    with running.line() as client:
        kept = {item["entityId"]: item for item in client.result("EdgeAgent.history")["viewings"]}
    assert set(kept) == {"sdk:1", "sdk:2", "sdk:3", "sdk:4"}
    assert kept["sdk:3"]["progressSeconds"] == 1800
    assert kept["sdk:4"]["completed"] is True


FIREBOLT = {
    "sdk/dist/firebolt-core-open-rpc.json": (
        "Discovery.watched",
        "Discovery.policy",
        "Discovery.onPolicyChanged",
        "Advertising.policy",
        "Advertising.onPolicyChanged",
        "Profile.flags",
        "Metrics.media",
    ),
    "manage-sdk/dist/firebolt-manage-open-rpc.json": ("Privacy.",),
}


@pytest.mark.parametrize("name", sorted(FIREBOLT))
def test_every_method_takes_and_gives_what_firebolts_own_document_says(
    running: Running, sdks: Path, name: str
) -> None:
    document = json.loads((sdks / "@firebolt-js" / name).read_text("utf-8"))
    ours = {m["name"]: m for m in json.loads(DOCUMENT.read_bytes())["methods"]}
    methods = [m for m in document["methods"] if m["name"].startswith(FIREBOLT[name])]
    assert len(methods) >= 17
    with running.line() as client:
        client.result("EdgeAgent.grant", {"purpose": "history"})
        for method in methods:
            assert find_method(method["name"]) or find_event(method["name"]), method["name"]
            mine = ours[method["name"]]
            theirs = [param["name"] for param in method["params"]]
            # Setters may be given the PIN of the profile lock, last and by choice.
            more = mine["params"][len(theirs) :]
            assert [p["name"] for p in mine["params"]][: len(theirs)] == theirs, method["name"]
            assert all(p["name"] == "pin" and not p["required"] for p in more), method["name"]
            for example in method["examples"]:
                params = {p["name"]: p["value"] for p in example["params"]}
                if "watchedOn" in params:  # 2021: longer ago than viewings are kept
                    params["watchedOn"] = iso_utc(running.box.clock.now() - 3600)
                for by in (params, list(params.values())):
                    result = client.result(method["name"], by)
                    fits(result, method["result"]["schema"], document)
                if find_event(method["name"]):
                    client.result(method["name"], {"listen": False})
            for example in mine["examples"]:  # and ours are theirs
                for param in example["params"]:
                    schema = next(p for p in method["params"] if p["name"] == param["name"])
                    fits(param["value"], schema["schema"], document)


def fits(value: object, schema: dict[str, Any], document: dict[str, Any]) -> None:
    """Check a value against a schema of Firebolt's document, whose references are resolved."""
    around = {key: document[key] for key in ("components", "x-schemas") if key in document}
    jsonschema.Draft7Validator(schema | around).validate(value)
