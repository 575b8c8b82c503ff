"""Lists by days: a calendar to jump with, parts to delete, and Back to where one was."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.dashboard.rendering import isolated
from edgeagent.dashboard.texts import Texts, load_texts
from edgeagent.dashboard.titles import came_from
from edgeagent.messages import WatchEvent
from edgeagent.testing.publication import TITLE_IDS
from tests.api.running import Running
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_pages import told

FIRST, SECOND = TITLE_IDS[:2]
HOURS = 3600


def watched(running: Running, *ago_seconds: int, title: str = FIRST) -> None:
    now = running.box.clock.now()
    with running.box.open() as agent:
        agent.grant(Purpose.HISTORY)
        agent.record_watch(
            [WatchEvent(entity_id=title, watched_on=now - ago) for ago in ago_seconds],
            keep_unknown=True,
        )


def links(page: str, control: str) -> list[str]:
    """Return where the links with an id that begins so lead to."""
    found = re.findall(rf'<a [^>]*id="{control}[^"]*"[^>]* href="([^"]+)"', page)
    return [html.unescape(link) for link in found]


def fields_of(page: str, action: str) -> list[dict[str, str]]:
    """Return the hidden fields of each form that posts to ``action``."""
    forms = re.findall(rf'<form method="post" action="{action}">(.*?)</form>', page, re.DOTALL)
    return [
        {
            name: html.unescape(value)
            for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)
            if name != "form_key"
        }
        for form in forms
    ]


def rows_on(page: str) -> int:
    return len(re.findall(r'class="row[" ]', page))


def kept(running: Running) -> list[int]:
    with running.line() as manager:
        viewings = manager.result("EdgeAgent.history")["viewings"]
    return [running.box.clock.now() - viewing["watchedOn"] for viewing in viewings]


def test_each_day_has_a_heading_and_the_calendar_leads_to_it(
    serving: Serving, running: Running
) -> None:
    now = running.box.clock.now()
    texts = load_texts("en")
    ages = [0, 2 * DAY_SECONDS, 40 * DAY_SECONDS]
    watched(running, *ages)
    days = [texts.day(now - age) for age in ages]
    page = serving.get("/kept").text
    assert re.findall(r"<h2>([^<]+)</h2>", page) == [texts.day_name(day) for day in days]
    months, path = [], "/kept/days"
    while path:
        calendar = serving.get(path).text
        months += re.findall(r'id="day-([-\d]+)"', calendar)
        (path,) = links(calendar, "earlier") or [""]
    assert sorted(months) == sorted(day.isoformat() for day in days)
    jumped = serving.get(f"/kept?day={days[1]}").text
    assert re.findall(r"<h2>([^<]+)</h2>", jumped) == [texts.day_name(day) for day in days[1:]]
    before = serving.get(f"/kept?day={days[2] - timedelta(days=1)}").text
    assert "The list begins later" in told(before)


def test_no_day_is_what_is_no_day(serving: Serving) -> None:
    for path in ("/kept?day=x", "/kept/days?month=2026-13-01", "/kept/delete?day=x"):
        assert serving.get(path).status == 404, path
    for path in ("/kept/days?month=1969-01-01", "/kept/delete?day=1950-01-01"):
        assert serving.get(path).status == 404, path
    assert serving.get("/marks?page=x").status == 400


@pytest.mark.parametrize(("part", "left"), [("hour", 2), ("hours", 1)])
def test_the_last_hour_or_day_is_deleted_after_a_question(
    serving: Serving, running: Running, part: str, left: int
) -> None:
    ages = [60, 2 * HOURS, 2 * DAY_SECONDS]
    watched(running, *ages)
    page = serving.get("/kept/delete").text
    number = {"hour": 0, "hours": 1}[part]
    fields = fields_of(page, "/kept/delete")[number]
    asked = serving.post("/kept/delete", **fields)
    assert "Delete this part?" in told(asked.text)
    assert kept(running) == ages
    (sure,) = fields_of(asked.text, "/kept/delete")
    running.box.clock.advance(600)  # what was asked about is deleted, not what came since
    done = serving.post("/kept/delete", **sure)
    assert done.headers["location"] == "/kept?done=deleted"
    assert kept(running) == [age + 600 for age in ages[3 - left :]]


def test_nobody_is_told_that_something_is_deleted_which_has_another_date_by_now(
    serving: Serving, running: Running
) -> None:
    watched(running, 60)
    since = running.box.clock.now() - 61
    sure = {"since": str(since), "until": str(since + 1), "id": "t:1", "sure": "yes"}
    done = serving.post("/kept/delete", **sure)
    assert done.headers["location"] == "/kept?done=nothing_deleted"
    assert "Nothing was deleted" in serving.get("/kept?done=nothing_deleted").text
    assert kept(running) == [60]


def test_a_day_is_deleted_and_no_other(serving: Serving, running: Running) -> None:
    ages = [0, 2 * DAY_SECONDS, 4 * DAY_SECONDS]
    watched(running, *ages)
    day = load_texts("en").day(running.box.clock.now() - ages[1])
    (path,) = links(serving.get(f"/kept?day={day}").text, "part")
    fields, *_ = fields_of(serving.get(path).text, "/kept/delete")
    serving.post("/kept/delete", **fields, sure="yes")
    assert kept(running) == [ages[0], ages[2]]


def test_one_viewing_of_a_title_is_deleted(serving: Serving, running: Running) -> None:
    ages = [0, 60, 120]
    watched(running, *ages)
    row = links(serving.get("/kept?search=T").text, "viewing-")[1]
    title = serving.get(row).text
    (fields,) = fields_of(title, "/kept/delete")
    asked = serving.post("/kept/delete", **fields).text
    (no,) = links(asked, "no")
    assert parse_qs(no) == parse_qs(row)  # back to the same viewing
    done = serving.post("/kept/delete", **fields, sure="yes")
    assert done.headers["location"] == "/kept?search=T&done=deleted"
    assert kept(running) == [0, 120]
    assert serving.post("/kept/delete", since="x").status == 400


def test_back_from_a_title_leads_to_the_page_of_the_list(
    serving: Serving, running: Running
) -> None:
    watched(running, *(60 * number for number in range(30)))
    (older,) = links(serving.get("/kept").text, "older")
    rows = links(serving.get(older).text, "viewing-")
    assert len(rows) == 6
    title = serving.get(rows[0]).text
    (back,) = re.findall(r'id="back" class="back" href="([^"]+)"', title)
    assert links(serving.get(html.unescape(back)).text, "viewing-") == rows
    hidden = serving.post("/title/exclude", **fields_of(title, "/title/exclude")[0])
    (again,) = re.findall(
        r'id="back" class="back" href="([^"]+)"', serving.get(hidden.headers["location"]).text
    )
    assert again == back


def test_back_leads_nowhere_else() -> None:
    assert came_from("/thinks") == "/thinks"
    assert came_from("/kept?search=a&x=%22") == "/kept?search=a&x=%22"
    for place in ("https://elsewhere.example", "//elsewhere.example/kept", "/erase", ""):
        assert came_from(place) == "/kept"


def test_marks_and_decisions_are_paged(serving: Serving, running: Running) -> None:
    with running.box.open() as agent:
        running.box.update(agent)
        for _ in range(13):
            agent.grant(Purpose.HISTORY)
            agent.withdraw(Purpose.HISTORY)
        for title in TITLE_IDS[:30]:
            agent.title_marks.hide(title, profile="main")
    for path, number in (("/marks", 30), ("/switches/record", 26)):
        first = serving.get(path).text
        (older,) = links(first, "older")
        second = serving.get(older).text
        assert rows_on(first) == 24
        assert rows_on(second) == number - 24
        assert links(second, "older") == []


def test_a_wrong_name_comes_back_beside_its_field(serving: Serving) -> None:
    serving.post("/profiles/create", name="Ada", kind="adult")
    for name in ("Ada", "", "A\x07"):
        answer = serving.post("/profiles/create", name=name, kind="kid")
        assert answer.status == 422
        (field,) = re.findall(r"<input id=\"name\"[^>]*>", answer.text)
        assert f'value="{name}" autofocus aria-invalid="true"' in field
        assert 'id="name-wrong" role="alert"' in answer.text
        assert "A new profile" in told(answer.text)
    wrong = serving.post("/profiles/rename", name="Ada", new_name="main")
    assert (wrong.status, 'id="new_name-wrong" role="alert"' in wrong.text) == (422, True)
    assert serving.post("/profiles/rename", name="nobody", new_name="x").status == 404


def test_every_empty_page_invites(serving: Serving) -> None:
    for path, way_out in (
        ("/kept", "/switches"),
        ("/marks", "/kept"),
        ("/switches/record", "/switches"),
        ("/thinks", "/switches"),
    ):
        assert links(serving.get(path).text, "way-out") == [way_out], path
    serving.post("/switches/grant", purpose="history", sure="yes")
    assert links(serving.get("/kept").text, "way-out") == ["/private"]


def test_a_name_from_right_to_left_does_not_turn_a_sentence_around() -> None:
    assert isolated("Ada") == "Ada"
    assert isolated("עדה") == "\u2068עדה\u2069"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Asia/Tokyo", "UTC"])
def test_days_begin_at_local_midnight_also_when_clocks_change(zone: str) -> None:
    english = load_texts("en")
    texts = Texts("en", english._translations, zone=ZoneInfo(zone))
    day = date(2026, 1, 1)
    while day.year == 2026:
        begins = texts.midnight(day)
        local = datetime.fromtimestamp(begins, UTC).astimezone(ZoneInfo(zone))
        assert texts.day(begins) == day
        assert texts.day(begins - 1) == day - timedelta(days=1), (zone, day, local)
        day += timedelta(days=1)
