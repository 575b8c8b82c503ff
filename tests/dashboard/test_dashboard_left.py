"""What is worked out of reports before it is shown."""

from __future__ import annotations

import re
from pathlib import Path

from edgeagent.dashboard.category_names import category_names
from edgeagent.dashboard.left import draw_timeline, read_report
from edgeagent.dashboard.texts import load_texts
from edgeagent.messages import SegmentLabel
from edgeagent.messages.answers.reports import CategoryShape, DisclosureShape, NamedTaskShape
from edgeagent.messages.fields import Daypart
from edgeagent.messages.task import PERMITTED_CATEGORIES
from edgeagent.privacy.reading import Ticks
from edgeagent.services.reports.named_tasks import NamedTasks
from tests.api.running import Running
from tests.dashboard.serving import Serving


def drawn(*, body: str, odds: str, task: str) -> DisclosureShape:
    return DisclosureShape(
        report_id="r",
        week=2900,
        week_start=0,
        task=task,
        recipient="https://models.example",
        body=body,
        drawn_at=0,
        due_at=0,
        settled_at=None,
        outcome=None,
        epsilon=1.0,
        odds=odds,
        meaning="",
    )


def test_a_report_is_read_from_its_bytes() -> None:
    read = read_report(
        drawn(body='{"counts":[1,1,0,0]}  ', odds="3", task="subset_selection.4.3-1.1")
    )
    assert read.counts == (1, 1, 0, 0)
    assert isinstance(read.shown, Ticks)
    assert read.shown.ticked == (0, 1)


GENRES = [SegmentLabel(name=name, sensitive=False, iab=()) for name in ("A", "B", "C", "D")]


def category(*segments: int, daypart: Daypart | None = None, counted: bool = True) -> CategoryShape:
    labels = tuple(GENRES[number] for number in segments)
    return CategoryShape(name="", segments=labels, daypart=daypart, is_counted=counted)


def spoken(*categories: CategoryShape, language: str = "en") -> list[tuple[str, int, str, bool]]:
    asked = NamedTaskShape(task="subset_selection.9.3-1.1", categories=categories)
    found = category_names(asked, load_texts(language))
    return [
        (", ".join(said.text for said in name.said), name.more, name.ending, name.is_counted)
        for name in found
    ]


def test_groups_are_named_for_each_scheme() -> None:
    nothing = category()
    assert spoken(category(0), category(1, counted=False), nothing) == [
        ("A", 0, "", True),
        ("B", 0, "", False),
        ("", 0, "nothing watched, or nothing that may be counted", True),
    ]
    by_group = spoken(category(0, 1, 2, 3, daypart="night"), category(daypart="evening"), nothing)
    assert by_group[:2] == [
        ("A, B", 2, "at night", True),
        ("", 0, "an empty group, in the evening", True),
    ]
    assert spoken(category(0, daypart="morning"), nothing, language="de")[0][2] == "morgens"


def test_a_report_names_what_it_ticks_beside_one_of_an_empty_week(furnished: Serving) -> None:
    row = re.search(r'href="(/left/report\?id=\w+)"', furnished.get("/left").text)
    assert row is not None
    page = furnished.get(row[1])
    ticks, groups = map(int, re.findall(r"It ticks (\d+) of these (\d+)", page.text)[0])
    assert page.text.count("<li>") == ticks
    assert page.text.count("<rect") == 2 * groups
    assert page.text.count('class="on"') == 2 * ticks
    assert "Yours may or may not be among them" in page.text
    assert "<pre" not in page.text
    details = re.search(r'href="(/left/details\?id=\w+)"', page.text)
    assert details is not None
    below = furnished.get(details[1]).text
    assert "subset_selection." in below
    assert below.count('<span class="count">1</span>') == ticks
    assert below.count('<span class="count">') == groups
    assert furnished.get("/left/details?id=0").status == 404


def test_names_last_longer_than_the_task_they_are_of(furnished: Serving, running: Running) -> None:
    with running.box.open() as agent:
        (report,) = agent.disclosures()
        before = agent.reports.named_task(report.task)
        assert before is not None
        assert len(before.categories) in PERMITTED_CATEGORIES
        agent._installations.change(lambda now: now.with_task(None))
        agent._installations.update(current=None, previous=None)
        assert agent.reports.named_task(report.task) == before
        assert agent.reports.named_task() is None
    page = furnished.get(f"/left/report?id={report.report_id}").text
    assert "does not know any more" not in page
    with running.box.open() as agent:
        NamedTasks(agent._home.ledger, agent._installations)._states.update(tasks=())
    page = furnished.get(f"/left/report?id={report.report_id}").text
    assert "does not know any more" in page
    assert re.search(r"<li>.*<span>Group \d+</span>", page)


def test_an_example_is_made_of_nothing_and_goes_nowhere(serving: Serving, running: Running) -> None:
    assert "has not been told yet" in serving.get("/left/example").text
    assert "/left/example" in serving.get("/left").text
    with running.line() as manager:
        manager.result("EdgeAgent.updateModel")
    before = {path: path.read_bytes() for path in files(running.box.directory)}
    pages = {serving.get("/left/example").text for _ in range(3)}
    assert len(pages) == 3  # each has noise of its own
    assert all("Never kept, never sent" in page for page in pages)
    assert {path: path.read_bytes() for path in files(running.box.directory)} == before
    with running.box.open() as agent:
        assert agent.disclosures() == ()
        assert agent.reports.balance().reports == 0
    assert 'href="/switches"' in serving.get("/left/example?from=switches").text


def files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_the_timeline_shows_a_year_back_and_the_next_report() -> None:
    now, week = 1_790_000_000, 604_800
    line = draw_timeline([now - 60 * week, now - 52 * week, now], now=now, next_at=now + 18 * week)
    assert line.past == (0.0, line.today)
    assert (round(line.today, 3), line.next) == (0.743, 1.0)
    assert draw_timeline([], now=now, next_at=now + 99 * week).next == 1.0
