"""What each app told, on the television."""

from __future__ import annotations

from tests.api.running import Running
from tests.dashboard.serving import Serving


def test_each_app_is_named_counted_and_dated(serving: Serving, running: Running) -> None:
    assert "No app has told anything" in serving.get("/told").text
    with running.line() as manager:
        manager.result("EdgeAgent.grant", {"purpose": "history"})
    with running.websocket("?label=%3Cb%3ENova") as app, running.websocket() as other:
        app.result("Discovery.watched", [{"entityId": "f:1"}, {"entityId": "f:2"}])
        other.result("Discovery.watched", {"entityId": "f:3"})
    page = serving.get("/told").text
    assert "App &lt;b&gt;Nova" in page
    assert "2 viewings" in page
    assert "Apps whose name the box does not know" in page
    assert "2026 to" in page
