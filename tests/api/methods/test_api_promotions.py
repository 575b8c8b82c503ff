"""Promos and ads over the API: a manager's answer, an app's, and what neither can do."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from edgeagent.consent import Purpose
from edgeagent.messages import Pick, Picks
from edgeagent.messages.creatives import FrequencyCaps, Suits
from edgeagent.testing.creatives import (
    install_creatives,
    picture_of,
    some_catalogue,
    some_creative,
    some_variant,
)
from tests.api.running import Running

PLACE = {"placement": "home", "number": 2}
ONE_A_DAY = FrequencyCaps(per_day=1)


@pytest.fixture
def promoting(running: Running) -> Running:
    """A service whose box has three creatives and sees a taste that suits the first."""
    box = running.box
    with box.open() as agent:
        box.update(agent)
        start = box.clock.now()
        suits = Suits(segments=(0, 1, 2, 3))
        install_creatives(
            agent,
            some_catalogue(
                some_creative("aimed", starts_at=start, suits=suits, caps=ONE_A_DAY),
                some_creative("other", starts_at=start, advertiser="other", caps=ONE_A_DAY),
                some_creative("plain", starts_at=start, advertiser="third", cat="cars"),
                space_id=_space_id(agent.installation().current),
            ),
        )
        agent.grant(Purpose.PERSONALIZATION)
        agent.grant(Purpose.PROMOTION)
        picks = Picks(picks=(), segment_probabilities=(1.0, *[0.0] * 31), score_spread=1.0)
        grant = agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
        agent._home.history.save_picks(picks, grant, made_at=start)
    return running


def _space_id(manifest: object) -> str:
    return str(getattr(manifest, "space_id", ""))


def crids(choice: dict[str, list[dict[str, str]]]) -> list[str]:
    return [item["crid"] for item in choice["creatives"]]


def test_a_manager_learns_why_and_an_app_gets_what_any_box_would_give(promoting: Running) -> None:
    with promoting.line() as manager, promoting.line(manage=False) as app:
        reason = manager.result("EdgeAgent.whyCreative", {"crid": "aimed"})
        assert reason["factor"] == 2
        assert [segment["name"] for segment in reason["segments"]] == ["segment 0"]
        assert app.error("EdgeAgent.whyCreative", {"crid": "aimed"})["code"] == -40300
        chosen = app.result("EdgeAgent.choose", PLACE)
        assert {item["by"] for item in chosen["creatives"]} == {"chance"}
        manager.result("EdgeAgent.shown", {"crid": "aimed"})
        manager.result("EdgeAgent.shown", {"crid": "other"})
        assert crids(manager.result("EdgeAgent.choose", PLACE)) == ["plain"]
        assert app.result("EdgeAgent.choose", PLACE) == chosen
        error = app.error("EdgeAgent.choose", {**PLACE, "profile": "main"})
        assert "an app cannot choose for a profile" in error["message"]


def test_an_apps_showings_count_for_it_alone(promoting: Running) -> None:
    with promoting.line() as manager, promoting.line(manage=False) as app:
        app.result("EdgeAgent.shown", {"crid": "aimed"})
        assert "aimed" not in crids(app.result("EdgeAgent.choose", {**PLACE, "number": 4}))
        assert "aimed" in crids(manager.result("EdgeAgent.choose", {**PLACE, "number": 4}))
        assert manager.result("EdgeAgent.promotions")["shown"] == []


def test_whoever_cannot_read_the_file_gets_what_is_in_it(promoting: Running) -> None:
    with promoting.line(manage=False) as app:
        file = app.result("EdgeAgent.creativeFile", {"crid": "plain"})
        assert file["mediaType"] == "image/jpeg"
        assert base64.b64decode(file["data"]) == picture_of("plain")
        for path in (promoting.box.directory / "models" / "targets").glob("*.jpg"):
            path.unlink()
        error = app.error("EdgeAgent.creativeFile", {"crid": "plain"})
        assert "is not on this box yet" in error["message"]


def test_what_is_hidden_is_listed_and_comes_back(promoting: Running) -> None:
    cars = {"what": "category", "name": "cars"}
    with promoting.line() as manager:
        manager.result("EdgeAgent.hideCreative", cars)
        listed = manager.result("EdgeAgent.promotions")
        assert [mark["name"] for mark in listed["hidden"]] == ["cars"]
        states = {item["crid"]: item["whyNot"] for item in listed["creatives"]}
        assert states == {"aimed": None, "other": None, "plain": "hidden"}
        assert manager.result("EdgeAgent.unhideCreative", cars) == {"changed": True}
        assert manager.result("EdgeAgent.unhideCreative", cars) == {"changed": False}


def test_the_log_is_in_the_export_at_once_and_stored_when_the_service_rests(
    promoting: Running,
) -> None:
    with promoting.line() as manager:
        manager.result("EdgeAgent.shown", {"crid": "aimed"})
        [main] = manager.result("EdgeAgent.export")["profiles"]
        assert [item["crid"] for item in main["shown"]] == ["aimed"]
        [shown] = manager.result("EdgeAgent.promotions")["shown"]
        assert (shown["crid"], shown["placement"]) == ("aimed", "home")


def test_a_ranking_carries_artwork_for_managers_and_apps_get_none(promoting: Running) -> None:
    box = promoting.box
    with box.open() as agent:
        space = _space_id(agent.installation().current)
        start = box.clock.now()
        variant = some_variant("dark", "t:1", 0, starts_at=start, placement="poster")
        install_creatives(agent, some_catalogue(variant, space_id=space))
        pick = Pick(
            entity_id="t:1",
            title="Alien",
            kind="film",
            year=None,
            genres=(),
            score=1.0,
            reasons=(),
            own_segments=(0, 1),
        )
        picks = Picks(
            picks=(pick,),
            segment_probabilities=(1.0, *[0.0] * 31),
            score_spread=1.0,
            space_id=space,
        )
        grant = agent.gate.grant(Purpose.PERSONALIZATION, profile="main")
        agent._home.history.save_picks(picks, grant, made_at=start)
    with promoting.line() as manager, promoting.line(manage=False) as app:
        for answer in (
            manager.result("EdgeAgent.lastPicks"),
            manager.result("EdgeAgent.recommend", {"cached": True, "limit": 1}),
        ):
            [artwork] = answer["artwork"]
            assert Path(artwork.pop("file")).read_bytes() == picture_of("dark")
            assert artwork == {
                "entityId": "t:1",
                "kind": "artwork",
                "placement": "poster",
                "crid": "dark",
                "mediaType": "image/jpeg",
            }
        for method in ("EdgeAgent.lastPicks", "EdgeAgent.recommend"):
            assert app.error(method)["code"] == -40300
        assert app.result("EdgeAgent.choose", {"placement": "poster"})["creatives"] == []
        manager.result("EdgeAgent.startPrivateSession", {"minutes": 10})
        assert manager.result("EdgeAgent.lastPicks")["artwork"] == []


def test_an_app_says_what_is_on(promoting: Running) -> None:
    with promoting.line(manage=False) as app:
        choice = app.result("EdgeAgent.choose", {**PLACE, "entityId": "t:9", "genre": "Drama"})
        assert {item["by"] for item in choice["creatives"]} <= {"context", "chance"}


def test_an_update_that_takes_creatives_back_has_changed_something(promoting: Running) -> None:
    """The repository here has none; model, catalogue and task are those that are installed."""
    with promoting.line() as manager:
        changed = [manager.result("EdgeAgent.updateModel")["changed"] for _ in range(2)]
    assert changed == [True, False]
