"""One press and one yes switch everything off, for every profile."""

from __future__ import annotations

from tests.api.running import Running
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_pages import told


def test_everything_is_switched_off_by_one_press_and_one_yes(
    furnished: Serving, running: Running
) -> None:
    furnished.post("/profiles/create", name="Ada", kind="adult")
    with running.line() as manager:
        manager.result("EdgeAgent.grant", {"purpose": "history", "profile": "Ada"})
    assert "/switches/everything-off" in furnished.get("/").text
    asked = furnished.post("/switches/everything-off")
    assert "Every switch of every profile goes off" in told(asked.text)
    assert "4 of 4" not in told(furnished.get("/").text)
    assert "3 of 4 on" in told(furnished.get("/").text)
    done = furnished.post("/switches/everything-off", sure="yes")
    assert "Everything is off, for every profile." in told(
        furnished.get(done.headers["location"]).text
    )
    assert "/switches/everything-off" not in furnished.get("/").text
    with running.line() as manager:
        assert manager.result("EdgeAgent.history")["count"] == 0
        consents = [manager.result("EdgeAgent.consent", {"profile": p}) for p in ("main", "Ada")]
    assert not any(each["granted"] for consent in consents for each in consent["purposes"])


def test_what_another_profile_allows_can_be_switched_off_from_the_first_page(
    serving: Serving, running: Running
) -> None:
    serving.post("/profiles/create", name="Ada", kind="adult")
    assert "/switches/everything-off" not in serving.get("/").text
    with running.line() as manager:
        manager.result("EdgeAgent.grant", {"purpose": "history", "profile": "Ada"})
    assert "/switches/everything-off" in serving.get("/").text
