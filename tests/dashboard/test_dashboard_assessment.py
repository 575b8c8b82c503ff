"""The privacy assessment: what it says, and that it is shown before anything widens."""

from __future__ import annotations

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


def test_what_does_not_hold_and_what_is_riskier_is_shown(running: Running) -> None:
    furnish(running)
    with running.line() as manager:
        whole = manager.result("EdgeAgent.assessment")
    promises = read_promises(whole)
    assert [statement.topic for statement in promises.statements] == [
        "report",
        "budget",
        "retention",
        "ledger",
    ]
    assert all(statement.holds for statement in promises.statements)
    assert len(promises.beliefs) == 3
    assert promises.beliefs[0].after > promises.beliefs[0].before
    risk = {"setting": "report_pins", "direction": "riskier", "words": "pins are off"}
    safe = risk | {"direction": "safer", "words": "fewer reports"}
    new = {"topic": "new", "text": "Something else.", "holds": False}
    broken = read_promises(whole | {"settings": [risk, safe], "promises": [new]})
    assert [statement.holds for statement in broken.statements] == [False]
    assert broken.riskier == ("pins are off",)
    page = told(render_assessment(broken))
    assert "Something else." in page
    assert "What somebody could make of all your reports" in page
    assert "pins are off" in page
    assert "does not hold" in page
    assert "fewer reports" not in page


def test_promises_are_shown_with_whether_they_hold(furnished: Serving) -> None:
    page = told(furnished.get("/assessment").text)
    assert page.count(" holds") == 4
    assert "at most 81 times" in page


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
