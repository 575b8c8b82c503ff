"""The profile lock on the television: one form for the PIN, wherever the service asks for it."""

from __future__ import annotations

import re

import pytest

from tests.api.running import Running
from tests.dashboard.serving import Answer, Serving

PIN, NEW = "258046", "471199"


def hidden(answer: Answer) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
    return {name: value for name, value in found if name != "form_key"}


@pytest.fixture
def locked(serving: Serving, running: Running) -> Serving:
    with running.line() as manager:
        manager.result("EdgeAgent.createProfile", {"name": "anna"})
    assert serving.post("/lock/set", new_pin=PIN, again=PIN).status == 303
    return serving


DEEDS = {
    "/profiles/switch": {"name": "anna"},
    "/switches/grant": {"purpose": "history", "sure": "yes"},
}


@pytest.mark.parametrize("path", DEEDS)
def test_the_form_posts_the_same_again_with_the_pin(locked: Serving, path: str) -> None:
    asked = locked.post(path, **DEEDS[path])
    assert asked.status == 403
    assert f'action="{path}"' in asked.text
    assert hidden(asked) == DEEDS[path]
    wrong = locked.post(path, **hidden(asked), pin="000000")
    assert "another PIN" in wrong.text
    assert "4 to 12 digits" in locked.post(path, **hidden(wrong), pin="12x4").text
    assert "000000" not in wrong.text
    assert locked.post(path, **hidden(wrong), pin=PIN).status == 303


def test_a_profile_is_erased_with_the_pin_after_all(locked: Serving, running: Running) -> None:
    sure = locked.post("/erase/ask", scope="profile", profile="anna")
    asked = locked.post("/erase/now", **hidden(sure))
    wrong = locked.post("/erase/now", **hidden(asked), pin="000000")
    assert locked.post("/erase/now", **hidden(wrong), pin=PIN).status == 200
    with running.line() as manager:
        assert len(manager.result("EdgeAgent.profiles")) == 1


def test_everything_is_erased_after_a_minute_without_it(locked: Serving, running: Running) -> None:
    waiting = locked.post("/erase/ask", scope="all")
    assert "works 60 seconds from now" in waiting.text
    assert 'action="/erase/now"' not in waiting.text
    assert hidden(waiting) == {"scope": "all"}
    running.box.clock.advance(59)
    assert "works 1 second from now" in locked.post("/erase/ask", **hidden(waiting)).text
    running.box.clock.advance(1)
    sure = locked.post("/erase/ask", **hidden(waiting))
    assert 'action="/erase/now"' in sure.text
    assert locked.post("/erase/now", **hidden(sure)).status == 200
    assert "None is set yet" in locked.get("/lock").text


def test_who_answers_before_the_minute_is_over_is_told_how_long_it_lasts(
    locked: Serving, running: Running
) -> None:
    with running.line() as manager:
        asked = manager.result("EdgeAgent.erase", {"scope": "all"})
    early = locked.post("/erase/now", scope="all", confirm=asked["confirm"])
    assert early.status == 403
    assert 'name="pin"' not in early.text
    assert "works 60 seconds from now" in early.text
    assert 'action="/erase/now"' not in early.text


def test_the_pin_is_changed_and_removed(locked: Serving) -> None:
    for fields, said in (
        ({"pin": PIN, "new_pin": NEW, "again": PIN}, "differ"),
        ({"pin": PIN, "new_pin": "12", "again": "12"}, "4 to 12 digits"),
        ({"pin": NEW, "new_pin": NEW, "again": NEW}, "another PIN"),
    ):
        answer = locked.post("/lock/set", **fields)
        assert said in answer.text
        assert not {PIN, NEW} & set(re.findall(r"\d{6}", answer.text))
    assert "1 wrong PIN was tried" in locked.get("/lock").text
    assert locked.post("/lock/set", pin=PIN, new_pin=NEW, again=NEW).status == 303
    assert locked.post("/lock/remove").status == 403
    assert locked.post("/lock/remove", pin=NEW).status == 303
    assert "None is set yet" in locked.get("/lock").text


def test_after_too_many_the_form_says_how_long(locked: Serving) -> None:
    for _ in range(3):
        locked.post("/profiles/switch", name="anna", pin="000000")
    answer = locked.post("/profiles/switch", name="anna", pin=PIN)
    assert "counts in 60 seconds" in answer.text
    assert "another PIN" not in answer.text


def test_an_age_limit_takes_the_pin_too_and_is_told(locked: Serving) -> None:
    asked = locked.post("/profiles/limit", name="anna", limit="12")
    assert asked.status == 403
    assert locked.post("/profiles/limit", **hidden(asked), pin=PIN).status == 303
    assert "rated 12 or lower" in locked.get("/profile?name=anna").text
    assert locked.post("/profiles/limit", name="anna", limit="", pin=PIN).status == 303
    assert "what every profile of its kind may see" in locked.get("/profile?name=anna").text
