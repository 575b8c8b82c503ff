"""Hints beside the switches: once, never for children, off by one setting."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeagent.config import Config
from edgeagent.dashboard.texts import LANGUAGES, load_texts
from tests.api.running import Running, ServiceThread
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_pages import told


def known(running: Running) -> None:
    with running.box.open() as agent:
        running.box.update(agent)
    with running.line() as manager:
        manager.result("EdgeAgent.updateModel")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_switch_says_once_that_nobody_has_decided(
    running: Running, serve: Callable[[Running, str], Serving], language: str
) -> None:
    known(running)
    serving, hint = serve(running, language), load_texts(language)("switches.hint.undecided")
    serving.enter()
    page = told(serving.get("/switches").text)
    assert page.count(hint) == 2
    assert "checked" not in page
    assert hint not in told(serving.get("/switches").text)


def test_children_are_told_nothing(running: Running) -> None:
    known(running)
    with running.line() as manager:
        manager.result("EdgeAgent.createProfile", {"name": "Tim", "kind": "kid"})
        consent = manager.result("EdgeAgent.consent", {"profile": "Tim"})
        assert [each["hint"] for each in consent["purposes"]] == [None] * 4
        consent = manager.result("EdgeAgent.consent")
        hints = {each["purpose"]: each["hint"] for each in consent["purposes"]}
    assert hints == {
        "history": "undecided",
        "personalization": "undecided",
        "reporting": None,
        "promotion": None,
    }


def test_one_setting_turns_hints_off(
    services: ServiceThread, serve: Callable[[Running], Serving]
) -> None:
    running = services.start(config=Config(consent_hints=False))
    known(running)
    with running.line() as manager:
        consent = manager.result("EdgeAgent.consent")
    assert [each["hint"] for each in consent["purposes"]] == [None] * 4
    assert consent["hintsOn"] is None
    serving = serve(running)
    serving.enter()
    assert "/switches/hints" not in serving.get("/switches").text


def test_the_households_own_switch_turns_them_off_for_every_profile(
    running: Running, serve: Callable[[Running], Serving]
) -> None:
    known(running)
    serving = serve(running)
    serving.enter()
    off = serving.post("/switches/hints", on="")
    page = told(serving.get(off.headers["location"]).text)
    assert "There are no remarks any more." in page
    assert load_texts("en")("switches.hint.undecided") not in page
    serving.post("/switches/hints", on="yes")
    assert told(serving.get("/switches").text).count("Nobody has decided about this yet") == 2
