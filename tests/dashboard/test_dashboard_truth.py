"""Nothing that a page says is untrue: of a child, an empty history, an earlier decision."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from edgeagent.messages import Picks, RankRequest
from edgeagent.testing.agent_box import AgentBox
from tests.api.methods.test_api_facade import MixScorer
from tests.api.running import Running, ServiceThread
from tests.dashboard.conftest import furnish
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_pages import told


class HonestScorer(MixScorer):
    """Sees segments where something was watched, as the engine does."""

    def rank(self, request: RankRequest) -> Picks:
        picks = super().rank(request)
        if request.history:
            return picks
        return msgspec.structs.replace(picks, segment_probabilities=(), segment_causes=())


def test_what_was_erased_leaves_no_taste_behind(
    services: ServiceThread, serve: Callable[[Running], Serving], tmp_path: Path
) -> None:
    box = AgentBox(
        directory=tmp_path / "honest", runtime_directory=tmp_path / "run", scorer=HonestScorer()
    )
    running = services.start(box=box)
    furnish(running)
    serving = serve(running)
    serving.enter()
    assert "Your mix of tastes" in told(serving.get("/thinks").text)
    with running.line() as manager:
        asked = manager.result("EdgeAgent.erase", {"scope": "history"})
        manager.result("EdgeAgent.erase", {"scope": "history", "confirm": asked["confirm"]})
    page = told(serving.get("/thinks").text)
    assert "The box makes no picture of “Everyone” yet" in page
    assert "Your mix of tastes" not in page


def test_a_child_is_offered_no_switch_and_told_why(serving: Serving) -> None:
    serving.post("/profiles/create", name="Kim", kind="kid")
    serving.post("/profiles/switch", name="Kim")
    page = serving.get("/switches").text
    assert "/switches/grant" not in page
    assert "For Kim nothing can be switched on" in told(page)
    thinks = serving.get("/thinks").text
    assert "Nothing that this profile watches is ever kept" in told(thinks)
    assert 'href="/switches"' not in thinks
    refused = serving.post("/switches/grant", purpose="history", sure="yes")
    assert "Nothing can be switched on here" in told(refused.text)


def test_a_withdrawal_stays_on_record_when_it_is_granted_again(serving: Serving) -> None:
    for action in ("grant", "withdraw", "grant"):
        serving.post(f"/switches/{action}", purpose="promotion", sure="yes")
    page = told(serving.get("/switches/record").text)
    assert re.findall(r"Promos and ads: (switched o[nf]+)", page) == [
        "switched on",
        "switched off",
        "switched on",
    ]
    assert (page.count("in force"), page.count("replaced")) == (1, 2)


def test_nobody_is_called_main(furnished: Serving) -> None:
    for path in ("/", "/switches", "/thinks", "/quarter", "/profiles", "/profile?name=main"):
        page = told(furnished.get(path).text)
        assert "Everyone" in page, path
        assert not re.search(r"\bmain\b", page), path
    assert "Everyone" in told(furnished.get("/switches/record").text)
    assert "Erase the profile Everyone?" in told(
        furnished.post("/erase/ask", scope="profile", profile="main").text
    )
    # the profile that every box begins with keeps its name, so nothing offers another one
    assert "/profiles/rename" not in furnished.get("/profile?name=main").text
