"""The page of the list of the week."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.dashboard.texts import load_texts
from edgeagent.services.models.installation import InstallationStore
from edgeagent.testing.agent_box import AgentBox
from tests.api.running import Running, ServiceThread
from tests.dashboard.serving import Serving
from tests.services.test_services_week_lists import CRIME, CrimeScorer, watch


def test_without_consent_or_viewings_the_page_says_why(serving: Serving, running: Running) -> None:
    assert "switched off" in serving.get("/week").text
    with running.line() as manager:
        manager.result("EdgeAgent.updateModel")
        manager.result("EdgeAgent.grant", {"purpose": "personalization"})
    assert load_texts("en")("week.none") in serving.get("/week").text


def test_a_list_is_named_and_says_why_and_until_when(
    tmp_path: Path, services: ServiceThread, serve: Callable[[Running], Serving]
) -> None:
    box = AgentBox(
        directory=tmp_path / "crime", runtime_directory=tmp_path / "run", scorer=CrimeScorer()
    )
    with box.open() as agent:
        box.update(agent, vouched_until=box.clock.now() + 300 * DAY_SECONDS)
        store = InstallationStore(agent._home.ledger, box.directory / "models")
        current = store.load().current
        assert current is not None
        store.update(current=msgspec.structs.replace(current, segments=(CRIME,) * 32))
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION):
            agent.grant(purpose)
        watch(agent, box, "t:30")
    serving = serve(services.start(name="crime-socket", box=box))
    serving.enter()
    page = serving.get("/week").text
    assert "Your week: Crime films" in page
    assert "Because of t:30. Made on 12 January 2026, when it was first asked for," in page
    assert "it stays the same until 19 January 2026." in page
    assert page.count('class="row"') == 7
    assert "week.watched" not in page
    with box.open() as agent:
        box.clock.advance(60)
        watch(agent, box, "t:03")
    again = serving.get("/week", **{"Accept-Language": "de"}).text
    assert "Ihre Woche: Krimis" in again
    assert again.count(">gesehen<") == 1
    assert 'href="/week"' in serving.get("/thinks").text
    assert 'href="/week"' in serving.get("/title?id=t:03&from=/week").text  # the way back
