"""The privacy assessment: what it says, and that it is shown before anything widens."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import pytest

from edgeagent.config import Config, ServiceConfig
from edgeagent.dashboard.category_names import CategoryName, category_names
from edgeagent.dashboard.colours import COLOURS
from edgeagent.dashboard.promises import Promises, read_promises
from edgeagent.dashboard.rendering import render
from edgeagent.dashboard.texts import LANGUAGES, load_texts
from edgeagent.messages.answers.assessment import AssessmentShape, DeviationShape
from edgeagent.messages.answers.household import PrivateSessionShape, RetentionPeriodShape
from edgeagent.messages.answers.reports import CategoryShape, NamedTaskShape
from edgeagent.messages.manifest import SegmentLabel
from edgeagent.services.upkeep.settings_risk import deviations
from tests.api.running import Running
from tests.dashboard.conftest import furnish
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_pages import told
from tests.dashboard.test_dashboard_texts_used import FAMILIES


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
    assert furnished.post("/switches/grant", purpose="environment").status == 400
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
    promises = read_promises(msgspec.convert(whole, AssessmentShape))
    assert [statement.topic for statement in promises.statements] == [
        "report",
        "budget",
        "retention",
        "ledger",
    ]
    assert all(statement.holds for statement in promises.statements)
    assert len(promises.beliefs) == 3
    _, believed = promises.beliefs[0]
    assert believed.posterior > believed.prior
    none = whole | {"conclusions": whole["conclusions"] | {"reports": 0}}
    assert read_promises(msgspec.convert(none, AssessmentShape)).beliefs == ()
    risk = {"setting": "new", "direction": "riskier", "words": "pins are off", "names": []}
    safe = risk | {"direction": "safer", "words": "fewer reports"}
    new = {"topic": "new", "text": "Something else.", "holds": False}
    changed = whole | {"settings": [risk, safe], "promises": [new]}
    broken = read_promises(msgspec.convert(changed, AssessmentShape))
    assert [statement.holds for statement in broken.statements] == [False]
    assert [known.words for known in broken.riskier] == ["pins are off"]
    page = told(render_assessment(broken))
    assert "Something else." in page
    assert "What a reader of all your reports could conclude" in page
    assert "pins are off" in page
    assert "does not hold" in page
    assert "fewer reports" not in page


def test_promises_are_shown_with_whether_they_hold(furnished: Serving) -> None:
    page = told(furnished.get("/assessment").text)
    assert page.count(" holds") == 4
    assert "at most 81 times" in page
    assert "Worst case: an observer can link all reports" in page
    assert re.search(r"[0-9]+% before, [0-9]+% after; [0-9]+% at most, whatever they say", page)


RISKIER = Config(
    retention_days=365,
    key_provider="command",
    key_command=("/usr/bin/keys",),
    teens_count_as_adults=True,
    service=ServiceConfig(manage_users=("ada",), allowed_origins=("https://app.example",)),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_riskier_setting_is_told_in_the_viewer_s_language_under_one_heading(
    language: str,
) -> None:
    risks = tuple(
        DeviationShape.of(found) for found in deviations(RISKIER) if found.direction == "riskier"
    )
    texts = load_texts(language)
    rendered = render_assessment(Promises(statements=(), riskier=risks), language=language)
    page = told(rendered)
    assert page.count(texts("assessment.riskier")) == 1
    for risk in risks:
        assert risk.words not in page
        assert told(texts(f"risk.{risk.setting}", names=", ".join(risk.names))) in page
    assert "365" in page
    assert "ada, https://app.example" in page
    assert {risk.setting for risk in risks} == FAMILIES["risk."]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Crime films, Crime films, at night"), ("de", "Krimis, Krimis, nachts")],
)
def test_what_could_be_concluded_is_named_in_the_viewers_language(
    running: Running, language: str, said: str
) -> None:
    furnish(running)
    with running.line() as manager:
        whole = manager.result("EdgeAgent.assessment")
    promises = read_promises(msgspec.convert(whole, AssessmentShape))
    crime = SegmentLabel(
        name="Crime films", sensitive=False, iab=(), kind="films", genres=("Crime",)
    )
    asked = NamedTaskShape(
        task=promises.task,
        categories=tuple(
            CategoryShape(name="-", segments=(crime, crime), daypart="night", is_counted=True)
            for _ in range(33)
        ),
    )
    names = category_names(asked, load_texts(language))
    page = told(render_assessment(promises, names=names, language=language))
    assert said in page.replace(" ,", ",")


def render_assessment(
    promises: Promises, *, names: Sequence[CategoryName] = (), language: str = "en"
) -> str:
    status = {
        "profile": "main",
        "private_session": PrivateSessionShape(on=False, ends_at=None),
        "problems": ["the ledger is not itself"],
    }
    return render(
        "assessment",
        t=load_texts(language),
        colours=COLOURS["dark"],
        promises=promises,
        names=names,
        status=status,
        back="/",
        place="/assessment",
        done="",
        form_key="",
        budget={"odds_limit": "81"},
        retention=RetentionPeriodShape(
            days=90, allowed_days=90, chosen_days=None, asked_days=90, lengthened=False
        ),
    )
