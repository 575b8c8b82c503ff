"""The page about the model: what is rolled out and stopped, and whether all are shown the same."""

from __future__ import annotations

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.dashboard.texts import LANGUAGES, load_texts
from edgeagent.services.models.installation import InstallationStore, RolloutSeen
from edgeagent.services.models.release_watch import ReleasesConflict, ReleasesSeen, ReleaseWatch
from edgeagent.store.home_files import MODELS_DIRECTORY
from edgeagent.testing.inside import box_context
from tests.api.running import Running
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_pages import told


def change(running: Running, **changes: object) -> None:
    with running.box.open() as agent:
        home = box_context(agent).home
        InstallationStore(home.ledger, home.directory / MODELS_DIRECTORY).update(**changes)


def seen(running: Running, **changes: object) -> ReleasesSeen:
    fields: dict[str, object] = {
        "list_id": "a1" * 16,
        "length": 1234,
        "head": "0f" * 32,
        "root_version": 2,
        "accepted_at": running.box.clock.now() - 40 * DAY_SECONDS,
    }
    return ReleasesSeen(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("number", "said"), [(4, "this one among them"), (5, "this one does not")])
def test_a_rollout(running: Running, serving: Serving, number: int, said: str) -> None:
    assert "New model" not in told(serving.get("/model").text)
    change(running, rollout=RolloutSeen(model_version="2.0-b", percent=5, number=number))
    page = told(serving.get("/model").text)
    assert "5 of 100 boxes use version 2.0-b for now" in page
    assert said in page


def test_what_was_stopped(running: Running, serving: Serving) -> None:
    serving.post("/model/update")
    with running.box.open() as agent:
        installed = agent.installation()
    assert installed.current is not None
    assert installed.task is not None
    assert "Stopped" not in told(serving.get("/model").text)
    change(
        running,
        stopped_models=(installed.current.model.sha256,),
        stopped_tasks=(installed.task.name,),
    )
    page = told(serving.get("/model").text)
    assert "has stopped this model" in page
    assert "has stopped this report task" in page


def test_the_list_of_releases(running: Running, serving: Serving) -> None:
    assert "keeps no list" in told(serving.get("/model").text)
    change(running, releases=ReleaseWatch(seen=seen(running)))
    page = told(serving.get("/model").text)
    assert all(said in page for said in ("1234", "a1" * 16, "0f" * 32))
    assert "replaced" not in page
    change(running, releases=ReleaseWatch(seen=seen(running, earlier_id="b2" * 16)))
    page = told(serving.get("/model").text)
    assert "replaced its list by this one" in page
    assert "b2" * 16 in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_conflict(running: Running, serving: Serving, language: str) -> None:
    texts = load_texts(language)
    headers = {"Accept-Language": language}
    assert texts("home.problem") not in told(serving.get("/", **headers).text)
    conflict = ReleasesConflict(
        reason="the list had 9 entries", at=running.box.clock.now(), list_id=None, root_version=2
    )
    change(running, releases=ReleaseWatch(seen=seen(running), conflict=conflict))
    assert texts("home.problem") in told(serving.get("/", **headers).text)
    page = told(serving.get("/model", **headers).text)
    assert texts("model.conflict") in page
    assert "the list had 9 entries" in page
