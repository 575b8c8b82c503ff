from __future__ import annotations

import csv
import re
from http import HTTPStatus
from io import StringIO
from pathlib import Path

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.messages import canonical_bytes, decode_task
from edgeagent.messages.task import GroupDayparts
from server_stub.demo.plan_files import PORTRAIT_NAME, write_plan_files
from server_stub.demo.segments import HIT, SEGMENTS
from server_stub.page.access import SESSION_SECONDS
from server_stub.page.compute import compute
from server_stub.page.figures import PageFigures, ReleaseInForce
from server_stub.page.health import ServerHealth
from server_stub.page.service import service_page
from tests.server_stub.loopback import JSON, make_report
from tests.server_stub.page.given_page import (
    FEW_WEEKS,
    HALF_WIDTH,
    NOW,
    SENSITIVE,
    TOKEN,
    WEEKS,
    Visitor,
    made_figures,
    made_repository,
    made_sums,
    visited,
)

PAGES = ["/page/", "/page/progress", "/page/service", f"/page/segment/{HIT}"]
TABLES = ["/page/audience.csv", "/page/progress.csv", f"/page/segment/{HIT}.csv"]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("path", [*PAGES, *TABLES, "/page/nothing-such"])
def test_nothing_is_shown_before_the_login(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status in {HTTPStatus.SEE_OTHER, HTTPStatus.NOT_FOUND}
    assert "Science" not in answer.body.decode()


def test_who_has_the_token_comes_in_and_leaves(visitor: Visitor) -> None:
    assert "Operator" in visitor.read("/page/login")
    visitor.enter()
    page = visitor.read("/page/")
    form_key = re.search(r'name="form_key" value="(\w+)"', page)
    assert form_key is not None
    assert visitor.post("/page/logout", form_key="another").status == HTTPStatus.FORBIDDEN
    assert visitor.get("/page/").status == HTTPStatus.OK
    left = visitor.post("/page/logout", form_key=form_key[1])
    assert left.status == HTTPStatus.SEE_OTHER
    assert 'edgeagent_operator=""' in left.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= set(left.headers["set-cookie"].split("; "))
    assert visitor.get("/page/").status == HTTPStatus.SEE_OTHER
    assert visitor.post("/page/logout").status == HTTPStatus.SEE_OTHER


def test_the_cookie_is_for_this_page_alone(visitor: Visitor) -> None:
    cookie = visitor.post("/page/login", token=TOKEN).headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert {"httponly", "samesite=strict", "path=/page"} <= parts
    assert "secure" not in parts
    away = visitor.stub.ask(
        "POST",
        "/page/login",
        body=f"token={TOKEN.replace(' ', '+')}".encode(),
        headers={"Host": "audience.example", "Origin": "https://audience.example"},
    )
    assert "; secure" in away.headers["set-cookie"].lower()


def test_wrong_tokens_are_told_and_keep_no_operator_out(visitor: Visitor) -> None:
    for _ in range(30):
        answer = visitor.post("/page/login", token="wrong")  # noqa: S106  (it is)
        assert answer.status == HTTPStatus.FORBIDDEN
        assert "not the token" in answer.body.decode()
    visitor.enter()


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_a_form_of_another_site_is_refused(visitor: Visitor, origin: str) -> None:
    assert visitor.post("/page/login", origin=origin, token=TOKEN).status == HTTPStatus.FORBIDDEN
    visitor.enter()
    assert visitor.post("/page/logout", origin=origin).status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"token=" + b"x" * 5000, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (b"a=1&" * 20, HTTPStatus.BAD_REQUEST),
        (b"\xff\xff", HTTPStatus.BAD_REQUEST),
        (b"", HTTPStatus.FORBIDDEN),
    ],
)
def test_a_form_that_is_none_of_ours(visitor: Visitor, body: bytes, status: int) -> None:
    headers = {"Origin": visitor.origin}
    assert visitor.stub.ask("POST", "/page/login", body=body, headers=headers).status == status


def test_a_session_ends(operator: Visitor) -> None:
    operator.clock.stand(SESSION_SECONDS)
    assert operator.get("/page/").status == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize("path", [*PAGES, *TABLES, "/page/login", "/page/segment/99"])
def test_no_script_runs_and_nothing_is_kept(operator: Visitor, path: str) -> None:
    answer = operator.get(path)
    assert "script-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    text = answer.body.decode()
    assert "<script" not in text
    assert " style=" not in text
    assert not re.findall(r'(?:src|href|action)="(?!/page/|data:|")', text)


def test_the_style_is_kept_under_a_name_of_its_content(operator: Visitor) -> None:
    found = re.search(r'href="(/page/page\.css\?v=\w{12})"', operator.read("/page/login"))
    assert found is not None
    answer = operator.get(found[1])
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")


def test_reports_are_taken_from_everybody(visitor: Visitor) -> None:
    assert visitor.stub.post(make_report()).status == HTTPStatus.NO_CONTENT


def test_the_audience_in_words_beside_the_quarter_before(operator: Visitor) -> None:
    said = words_of(operator.read("/page/"))
    assert "What changed since July to September 2026" in said
    assert "What only seems to have changed" in said
    assert re.search(r"▲ more Science fiction series, 2020s \d\.\d % → \d\.\d %", said)
    assert re.search(r"between \d+ and \d+ of 1(?:,0)?00 sessions", said)
    assert "provisional reports on these weeks may arrive until 1 March 2027" in said
    assert "Each interval holds 19 times out of 20" in said
    assert "Shares of the answers of reporting boxes" in said
    assert "one session drawn from a box" in said
    assert "watching more counts no more" in said


def test_another_quarter_can_be_looked_at(operator: Visitor, figures: PageFigures) -> None:
    earlier = figures.quarters[-1].task.epoch
    said = words_of(operator.read(f"/page/?quarter={earlier}"))
    assert "What changed" not in said  # nothing came before it
    assert operator.read("/page/?quarter=x") == operator.read("/page/")


def test_a_segment_is_described_with_its_trend(operator: Visitor) -> None:
    page = operator.read(f"/page/segment/{HIT}")
    said = words_of(page)
    assert page.count('class="band"') == 2  # for wide and for narrow screens
    assert "The Long Signal" in said
    assert "16 titles carry this label" in said
    assert "IAB categories 652" in said
    assert re.search(r"How alike 0\.\d\d of 1", said)
    assert "which is more than chance" in said
    assert said.count("provisional") > said.count("final")


@pytest.mark.parametrize("category", [*SENSITIVE, 32, 99, "9" * 5000])
@pytest.mark.parametrize("ending", ["", ".csv"])
def test_what_is_sensitive_none_or_unknown_has_no_page(
    operator: Visitor, category: int | str, ending: str
) -> None:
    assert operator.get(f"/page/segment/{category}{ending}").status == HTTPStatus.NOT_FOUND


def test_no_page_names_a_sensitive_segment(operator: Visitor) -> None:
    names = [SEGMENTS[number].name for number in SENSITIVE]
    for path in [*PAGES, *TABLES]:
        text = operator.read(path)
        assert not [name for name in names if name in text], path


def test_progress_counts_and_says_what_comes(operator: Visitor) -> None:
    said = words_of(operator.read("/page/progress"))
    assert "Boxes that reported 160,000 in 8 of the quarter's 13 weeks" in said
    assert "Publication reached" in said
    assert "Next reports 7 December 2026 on 30 November – 6 December" in said
    assert "The sums of every week are such as honest boxes give." in said
    assert "No report has arrived since the server started" in said


def test_progress_tells_refused_reports_by_reason(operator: Visitor) -> None:
    for body in (b"x", b"y"):
        operator.stub.ask("POST", "/v1/reports", body=body, headers=JSON)
    operator.stub.ask("POST", "/v1/reports", body=b"x", headers={"Content-Type": "text/plain"})
    said = words_of(operator.read("/page/progress"))
    assert "400 2 not a report that a box can send" in said
    assert "415 1 not sent as a box sends it look into it" in said


def test_service_says_what_is_served_and_what_is_promised(operator: Visitor) -> None:
    said = words_of(operator.read("/page/service"))
    assert "taking reports" in said
    assert "512 titles" in said
    assert "by model demo-1" in said
    assert "model demo-1, and demo-2 on 10 of 100 boxes" in said
    assert "Stopped nothing" in said
    assert re.search(r"Releases \d+ on the public list [0-9a-f]{12}:", said)
    assert "timestamp 8 December 2026" in said
    assert "names 8 of 33 categories" in said
    assert "No answer proves what a box watched" in said
    assert "no answer is more than 3 times as likely" in said
    assert "what seemed 1 % likely before an answer seems at most 3 % likely after it" in said
    assert "at most 81 times: from 1 % to at most 45 %" in said
    assert "2 of 32 segments" in said


def test_tables_hold_what_the_pictures_show(operator: Visitor, figures: PageFigures) -> None:
    answer = operator.get("/page/audience.csv")
    assert 'filename="audience-227.csv"' in answer.headers["content-disposition"]
    audience = rows(answer.body.decode())
    assert len(audience) == 31
    assert {row["final"] for row in audience} == {"False"}
    assert len(rows(operator.read(f"/page/segment/{HIT}.csv"))) == 16
    progress = rows(operator.read("/page/progress.csv"))
    assert [int(row["week"]) for row in progress] == sorted(
        window.week for quarter in figures.quarters for window in quarter.windows
    )


def test_too_few_reports_are_said_instead_of_numbers(tmp_path: Path) -> None:
    with visited(tmp_path, made_figures(tmp_path, reports=300)) as visitor:
        visitor.enter()
        page = visitor.read("/page/")
        said = words_of(page)
        assert "Not enough to say anything yet" in said
        assert "2,400 reports have arrived, and 5,000 are needed" in said
        assert re.search(r"uncertain by ± [6-8]\.\d points, and ± 5\.0 points are the limit", said)
        assert 'class="audience"' not in page
        assert rows(visitor.read("/page/audience.csv")) == []
        assert visitor.get(f"/page/segment/{HIT}").status == HTTPStatus.NOT_FOUND
        said = words_of(visitor.read("/page/progress"))
        assert re.search(r"Publication \d+ % 2,400 of [5-9],\d{3} reports", said)


def test_an_empty_server_invites(tmp_path: Path, figures: PageFigures) -> None:
    nothing = msgspec.structs.replace(figures, quarters=(), changes=())
    with visited(tmp_path, nothing) as visitor:
        visitor.enter()
        assert "The first reports are on their way" in words_of(visitor.read("/page/"))
        assert "may arrive on 7 December 2026" in words_of(visitor.read("/page/progress"))
        assert "512 titles" in words_of(visitor.read("/page/service"))
        assert rows(visitor.read("/page/progress.csv")) == []
        assert visitor.get("/page/audience.csv").status == HTTPStatus.NOT_FOUND


def test_a_young_server_has_a_trend_only_from_the_second_week_on(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    for number, drawn in ((1, False), (2, True)):
        sums = made_sums(repository, weeks=WEEKS[-number:])
        figures = compute(sums, repository, now=NOW, half_width=HALF_WIDTH)
        with visited(tmp_path / str(number), figures) as visitor:
            visitor.enter()
            page = visitor.read(f"/page/segment/{HIT}")
            assert ('class="band"' in page) is drawn
            assert ("A trend begins with the second week" in page) is not drawn
            assert "What changed" not in visitor.read("/page/")


def test_reports_that_hold_counts_are_told_in_sessions(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    folder = repository / "targets" / "tasks"
    for path in folder.iterdir():
        task = decode_task(path.read_bytes())
        changed = msgspec.structs.replace(task, mechanism="discrete_laplace")
        path.write_bytes(canonical_bytes(changed))
    sums = made_sums(repository, weeks=WEEKS[-2:])
    figures = compute(sums, repository, now=NOW, half_width=1.0)
    with visited(tmp_path / "visited", figures) as visitor:
        visitor.enter()
        said = words_of(visitor.read("/page/"))
        assert "Sessions a box and week" in said
        assert re.search(r"between 0\.\d\d and \d\.\d\d sessions a box and week", said)
        assert " sessions" in words_of(visitor.read("/page/progress"))
        assert "session" in words_of(visitor.read(f"/page/segment/{HIT}"))


def test_groups_of_segments_in_parts_of_the_day_are_told_as_such(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    groups = tuple(number % 8 for number in range(32))
    by_group = GroupDayparts(groups=groups, utc_offset_minutes=60)
    for path in (repository / "targets" / "tasks").iterdir():
        task = decode_task(path.read_bytes())
        path.write_bytes(canonical_bytes(msgspec.structs.replace(task, by_group=by_group)))
    sums = made_sums(repository, weeks=FEW_WEEKS)
    figures = compute(sums, repository, now=NOW, half_width=HALF_WIDTH)
    with visited(tmp_path / "visited", figures) as visitor:
        visitor.enter()
        assert "Crime series, 2010s, Science fiction series, 2020s and 2 more, morning" in words_of(
            visitor.read("/page/")
        )
        said = words_of(visitor.read("/page/segment/1"))
        assert "Sessions that begin in the morning (UTC+01:00) in any of these segments" in said
        assert "Science fiction series, 2020s" in said
        assert "In the catalogue" not in said
        hidden = [SEGMENTS[number].name for number in SENSITIVE]
        for category in range(32):
            text = visitor.get(f"/page/segment/{category}").body.decode()
            assert not [name for name in hidden if name in text]
        assert "2 of 32 segments" in words_of(visitor.read("/page/service"))


def test_while_the_first_figures_are_in_work_the_page_says_so(
    tmp_path: Path, figures: PageFigures
) -> None:
    with visited(tmp_path, figures, patience_seconds=0.0, works=False) as visitor:
        visitor.enter()
        answer = visitor.get("/page/")
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
        assert "The reports are being counted" in words_of(answer.body.decode())


def test_what_was_stopped_is_told_and_what_cannot_be_read(figures: PageFigures) -> None:
    def said(release: ReleaseInForce | None) -> str:
        health = ServerHealth(trouble="", waiting=0, free_bytes=1 << 40, answers={}, expiries={})
        changed = msgspec.structs.replace(figures, release=release)
        task = figures.quarters[0].task
        return words_of(service_page(changed, health, task, now=NOW, form_key="", trouble=""))

    release = figures.release
    assert release is not None
    whole = msgspec.structs.replace(release, percent=None, candidate_version=None)
    assert "model demo-1 on every box" in said(whole)
    stopped = msgspec.structs.replace(whole, stopped_models=2, model_version=None, list_head=None)
    assert "no model yet Stopped 2 models" in said(stopped)
    silent = msgspec.structs.replace(stopped, task_is_stopped=True)
    assert "reporting: no box sends reports on this task" in said(silent)
    assert "the signatures of this repository cannot be read" in said(None)


def test_what_expires_is_told_before_it_is_over(figures: PageFigures) -> None:
    expiries = {
        "root": NOW + 100 * DAY_SECONDS,
        "targets": NOW + 2 * DAY_SECONDS,
        "snapshot": NOW - 1,
        "timestamp": 0,
    }
    health = ServerHealth(
        trouble="the disk is full", waiting=3, free_bytes=1 << 20, answers={}, expiries=expiries
    )
    task = figures.quarters[0].task
    said = words_of(service_page(figures, health, task, now=NOW, form_key="", trouble=""))
    assert "root 11 March 2027 100 days left" in said
    assert "2 days left: sign it again" in said
    assert "over: boxes keep what they have" in said
    assert "timestamp – cannot be read" in said
    assert "trouble reports cannot be stored: the disk is full" in said
    assert "3 wait to be written" in said


def test_a_segment_links_to_its_brief_where_there_is_a_portrait(
    tmp_path: Path, figures: PageFigures
) -> None:
    repository = made_repository(tmp_path / "made")
    write_plan_files(tmp_path, now=NOW)
    with_briefs = compute(
        made_sums(repository),
        repository,
        now=NOW,
        half_width=HALF_WIDTH,
        portrait=tmp_path / PORTRAIT_NAME,
    )
    with visited(tmp_path / "with", with_briefs) as visitor:
        visitor.enter()
        assert '<a href="/page/brief/0">Brief</a>' in visitor.read("/page/segment/0")
        brief = visitor.read("/page/brief/0")
        assert f"<h1>{SEGMENTS[0].name}</h1>" in brief
        assert "The Quiet Harbour" in brief
        assert "<li>the time of day</li>" in brief
        for unknown in (30, 32, 99):  # sensitive, none, not there
            assert visitor.get(f"/page/brief/{unknown}").status == HTTPStatus.NOT_FOUND
    with visited(tmp_path / "without", figures) as visitor:
        visitor.enter()
        assert "Brief" not in visitor.read("/page/segment/0")
        assert visitor.get("/page/brief/0").status == HTTPStatus.NOT_FOUND
