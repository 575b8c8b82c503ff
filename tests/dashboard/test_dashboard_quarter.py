"""The quarter's page, and where it is announced."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeagent.consent import Purpose
from edgeagent.dashboard.texts import LANGUAGES, load_texts
from tests.api.running import Running
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_pages import told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quarter_that_has_ended_is_announced_until_its_page_was_seen(
    running: Running, serve: Callable[[Running, str], Serving], language: str
) -> None:
    serving, texts = serve(running, language), load_texts(language)
    serving.enter()
    assert texts("home.quarter") not in told(serving.get("/").text)
    assert texts("quarter.none_yet") in told(serving.get("/quarter").text)
    with running.box.open() as agent:
        running.box.update(agent)
        assert not agent.reports.turn_quarter()
        for _ in range(2):
            running.box.clock.advance(92 * 86_400)
            running.box.update(agent)
            assert agent.reports.turn_quarter()
            agent.grant(Purpose.PROMOTION)
    serving.enter()
    assert texts("home.quarter") in told(serving.get("/").text)
    page = told(serving.get("/quarter").text)
    assert texts("quarter.figure.allowed", now="1", before="0") in page
    assert texts("home.quarter") not in told(serving.get("/").text)
