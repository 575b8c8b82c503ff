"""The privacy assessment: what it says, and that it is shown before anything widens."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from edgeagent.dashboard.promises import Promises, read_promises
from edgeagent.dashboard.rendering import render
from edgeagent.dashboard.texts import load_texts
from tests.api.running import Running
from tests.dashboard.conftest import furnish
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_pages import told


def test_nothing_widens_before_the_assessment_was_shown(
    furnished: Serving, running: Running
) -> None:
    furnished.post("/switches/withdraw", purpose="reporting")
    asked = furnished.post("/switches/grant", purpose="reporting")
    page = told(asked.text)
    assert (asked.status, "Switch on “Audience counts”?" in page) == (200, True)
    assert "at most 81 times" in page
    assert "Each can cost 25% of a year’s privacy budget; 25% of it is used up" in page
    assert "Nothing leaves this box because of this switch" in told(
        furnished.post("/switches/grant", purpose="promotion").text
    )
    assert furnished.post("/switches/grant", purpose="world").status == 400
    with running.line() as manager:
        purposes = manager.result("EdgeAgent.consent")["purposes"]
    assert [purpose["purpose"] for purpose in purposes if purpose["granted"]] == [
        "history",
        "personalization",
    ]


def test_the_assessment_is_read_in_both_of_its_forms(running: Running) -> None:
    furnish(running)
    with running.box.open() as agent:
        whole = camel(msgspec.to_builtins(agent.reports.assess()))
    listed = [{"topic": "new", "text": "Something else.", "holds": False}]
    risk = {"setting": "report_pins", "direction": "riskier", "words": "pins are off"}
    safe = risk | {"direction": "safer", "words": "fewer reports"}
    told_all = read_promises(whole | {"promises": listed, "settings": [risk, safe]})
    assert told_all.statements == read_promises(listed).statements
    assert told_all.statements[0].text == "Something else."
    assert len(told_all.beliefs) == 3
    assert told_all.beliefs[0].after > told_all.beliefs[0].before
    assert told_all.riskier == ("pins are off",)
    page = told(render_assessment(told_all))
    for words in ("What somebody could make of all your reports", "pins are off", "does not hold"):
        assert words in page
    assert "fewer reports" not in page


def test_promises_are_shown_with_whether_they_hold(furnished: Serving) -> None:
    page = told(furnished.get("/assessment").text)
    assert page.count(" holds") == 4
    assert "at most 81 times" in page


def camel(value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return an answer of the command line with its names as the service writes them."""
    if isinstance(value, dict):
        return {
            re.sub(r"_(\w)", lambda found: found[1].upper(), key): camel(item)
            for key, item in value.items()
        }
    return [camel(item) for item in value] if isinstance(value, list | tuple) else value


def render_assessment(promises: Promises) -> str:
    status = {
        "profile": "main",
        "privateSession": {"on": False, "endsAt": None},
        "problems": ["the ledger is not itself"],
    }
    return render(
        "assessment",
        t=load_texts("en"),
        promises=promises,
        status=status,
        back="/",
        done="",
        form_key="",
        budget={"oddsLimit": "81", "spacingWeeks": 13},
        retention={"days": 90},
    )
