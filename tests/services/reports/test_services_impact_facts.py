"""What an annex to an impact assessment states: settings and task in force, never a household."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from math import log

import msgspec
import pytest

from edgeagent import __version__
from edgeagent.cli.impact_annex import annex
from edgeagent.clock import DAY_SECONDS, iso_utc, week_start
from edgeagent.config import Config, ServiceConfig
from edgeagent.consent import Purpose
from edgeagent.messages.manifest import LiftedWord
from edgeagent.privacy.declaration import DeclaredField
from tests.pages.commands import faults
from tests.services.conftest import Box, task

PLANTED = ("ent:PLANTED-0001", "Planted title", "Planted profile")


def annex_under(box: Box, **changes: object) -> str:
    box.config = msgspec.structs.replace(box.config, **changes)
    box.reopen()
    return annex(box.agent.reports.impact())


def report_once(box: Box, *titles: str) -> None:
    box.install()
    box.agent.household.create(PLANTED[2], kind="adult")
    box.grant(Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING)
    box.grant(Purpose.HISTORY, Purpose.REPORTING, profile=PLANTED[2])
    box.clock.set(week_start(box.reporting_week()) + DAY_SECONDS)
    for title in titles:
        box.watch(title)
        box.watch(title, profile=PLANTED[2])
        box.agent.title_marks.hide(title, profile="main")
    box.go_to_end_of_reporting_week()
    assert box.agent.close_week().outcome == "drawn"


def test_a_new_box_without_model_or_server_says_so(box: Box) -> None:
    text = annex_under(box, server_url=None)
    assert f"version {__version__}, at {iso_utc(box.clock.now())}" in text
    assert "Nothing: no server is set." in text
    assert "\nAll settings are the defaults.\n" in annex_under(
        box, server_url=None, retention_days=90
    )
    assert "- Model: none has been downloaded" in text
    assert "- Task: none has been downloaded; no report is drawn" in text
    assert "| 1 | 1.10 | 3.0% | 8.6% |" in text
    assert "| 4 in a year | 4.39 | 3.0% | 71.7% |" in text
    assert "| 40 in 10 years | 43.94 | 3.0% | 100.0% |" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"retention_days": 30}, "| 30 days (30 by the settings; 365"),
        ({"reports": False}, "Reports are off in the settings: only downloads leave."),
        ({"report_pins": ("0" * 64,)}, "reports only to a server whose key is pinned"),
        ({"report_spacing_weeks": 26}, "- How often: at most once in 26 weeks"),
        ({"report_spacing_weeks": 26}, "| 2 in a year | 2.20 | 3.0% |"),
        ({"report_max_odds": "3/2"}, "- Largest e^ε of a report: 3/2;"),
        ({"report_max_odds": "3/2"}, "| 1 | 0.41 | 3.0% |"),
        ({"report_max_odds": "3/2"}, "a chance of at most 60.0%;"),
        ({"teens_count_as_adults": True}, "Teens' viewings are kept like those of adults"),
        ({"teens_count_as_adults": True}, "- riskier: `teens_count_as_adults`"),
        ({"scorer": "resident"}, "by the settings they run in the service's own process"),
        ({"language": "de"}, "in language de"),
        ({"service": ServiceConfig(update_hours=48)}, "- How often: every 48 hours"),
    ],
)
def test_a_change_of_settings_shows(box: Box, changes: dict[str, object], said: str) -> None:
    box.config = Config(server_url="https://models.example")
    assert said not in annex_under(box)
    assert said in annex_under(box, **changes)


def test_who_holds_the_key_shows(box: Box) -> None:
    facts = box.agent.reports.impact()
    assert "a copy of the whole home holds the key" in annex(facts)
    sealed = annex(replace(facts, key_provider="credential"))
    assert "a person who controls the running system" in sealed
    assert "a copy of the whole home holds the key" not in sealed


def test_what_a_household_chose_shows(box: Box) -> None:
    box.agent.retention.choose(14)
    assert "| 14 days (365 by the settings;" in annex(box.agent.reports.impact())


def test_the_task_in_force_shows(box: Box) -> None:
    box.install()
    text = annex(box.agent.reports.impact())
    assert "subset_selection, 33 categories" in text
    assert "the true one with chance 24/49, any other with chance 23/98" in text
    assert 'Sensitive, counted as "none": segment 5' in text
    box.take_task(categories=9, odds_numerator=2, sensitive=())
    text = annex(box.agent.reports.impact())
    assert "- e^ε of a report: 2 (ε = 0.693)" in text
    assert 'Sensitive, counted as "none": none are named by the task' in text
    assert "| 1 | 0.69 | 11.1% | 20.0% |" in text
    box.take_task(mechanism="discrete_laplace", odds_numerator=3)
    assert "with chance" not in annex(box.agent.reports.impact()).partition("## 5")[0]


def test_words_that_the_operator_lifts_show(box: Box) -> None:
    box.install()
    facts = box.agent.reports.impact()
    assert facts.task is not None
    assert facts.task.lifted_words == ()
    lifted = (LiftedWord(word="krieg", topics=("violence",)),)
    text = annex(replace(facts, task=replace(facts.task, lifted_words=lifted)))
    assert "says that `krieg` does not tell of violence, so its segments are categories" in text


def test_a_task_that_costs_more_than_the_settings_allow_is_said_to_draw_nothing(box: Box) -> None:
    box.install(task(odds_numerator=3))
    assert "no report is drawn for this task" not in annex_under(box)
    text = annex_under(box, report_max_odds="2")
    assert "no report is drawn for this task" in text
    assert "- Largest e^ε of a report: 2;" in text


def test_a_change_of_the_declaration_shows(box: Box) -> None:
    facts = box.agent.reports.impact()
    *downloads, report = facts.leaves
    declared = DeclaredField(
        name="hour", holds="the hour", purpose="know it", from_history=True, schema={}
    )
    more = msgspec.structs.replace(report, fields=(*report.fields, declared))
    text = annex(replace(facts, leaves=(*downloads, more)))
    assert "| `hour` | the hour | know it | yes, with noise |" in text
    assert "hour" not in annex(facts).partition("### report")[2].partition("Seen by")[0]


def test_a_promise_that_does_not_hold_shows(box: Box) -> None:
    facts = box.agent.reports.impact()
    assert "DOES NOT HOLD" not in annex(facts)
    broken = replace(facts, promises=tuple(replace(one, holds=False) for one in facts.promises))
    told = re.findall(r"DOES NOT HOLD: (.+) \|", annex(broken))
    assert len(set(told)) == len(facts.promises)  # each with its own way to see more
    commands = [re.findall(r"`(edgeagent [^`]+)`", line) for line in told]
    assert all(commands)
    assert [faults(line) for line in chain.from_iterable(commands)] == [[]] * len(commands)


def test_what_was_spent_shows_and_what_was_said_does_not(box: Box) -> None:
    report_once(box)
    facts = box.agent.reports.impact()
    assert facts.budget.epsilon_lifetime == pytest.approx(log(3))
    assert "ε 1.10 in the last 52 weeks, 1.10 ever; reports of its own: 1" in annex(facts)
    assert "posterior" not in msgspec.json.encode(facts).decode()


def test_nothing_of_what_was_watched_is_in_it(make_box: Callable[..., Box]) -> None:
    empty, full = make_box("empty"), make_box("full")
    report_once(empty)
    report_once(full, *PLANTED[:2])
    one, other = empty.agent.reports.impact(), full.agent.reports.impact()
    assert annex(one) == annex(other)
    assert msgspec.json.encode(one) == msgspec.json.encode(other)
    assert not any(word in annex(other) for word in PLANTED)
    assert (empty.agent.history.count("main"), full.agent.history.count("main")) == (0, 2)


def test_every_command_that_it_names_exists(box: Box) -> None:
    named = re.findall(r"`(edgeagent [^`]+)`", annex(box.agent.reports.impact()))
    assert len(named) > 15
    assert {line: fault for line in named if (fault := faults(line))} == {}


def test_a_name_of_a_segment_stays_in_its_cell(box: Box) -> None:
    facts = box.agent.reports.impact()
    (purpose, *others) = facts.purposes
    odd = replace(purpose, title="a | b\n# c")
    text = annex(replace(facts, purposes=(odd, *others)))
    assert "| a \\| b # c |" in text
