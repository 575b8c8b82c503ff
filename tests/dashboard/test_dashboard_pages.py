"""Every page and action as plain links and forms, against a real service: no JavaScript needed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from edgeagent.consent import Purpose
from edgeagent.dashboard.texts import LANGUAGES, load_texts
from edgeagent.errors import (
    EdgeAgentError,
    ModelError,
    ModelRefused,
    NetworkError,
    NoModel,
    WrongKey,
)
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from tests.api.methods.test_api_facade import MixScorer
from tests.api.running import Running, ServiceThread
from tests.dashboard.conftest import furnish, watch
from tests.dashboard.serving import Serving
from tests.dashboard.test_dashboard_request_checks import PAGES

FIRST, SECOND = TITLE_IDS[:2]
NEEDING_A_NAME = {
    "/title",
    "/profile",
    "/left/report",
    "/left/details",
    "/left/bytes",
    "/promo",
    "/promo/picture",
    "/phone",
    "/phone/code",
}


def told(page: str) -> str:
    """Return what a page says, without its markup."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def test_a_box_fresh_from_its_package_shows_every_page(serving: Serving) -> None:
    for path in set(PAGES) - NEEDING_A_NAME:
        answer = serving.get(path)
        assert answer.status == 200, (path, answer.text)
    for path in NEEDING_A_NAME:
        missing = serving.get(path)
        assert missing.status == 404, path
        assert 'id="busy"' in missing.text  # htmx looks for it when the way back is taken


def test_nothing_is_chosen_beforehand(serving: Serving, running: Running) -> None:
    page = serving.get("/switches").text
    assert page.count('action="/switches/grant"') == len(Purpose)
    assert 'action="/switches/withdraw"' not in page
    for path in set(PAGES) - NEEDING_A_NAME:
        text = serving.get(path).text
        assert not re.search(r"\b(checked|selected|autofocus)\b", text), path
    with running.line() as manager:
        purposes = manager.result("EdgeAgent.consent")["purposes"]
    assert not any(purpose["granted"] for purpose in purposes)


def test_each_switch_says_what_it_gives_and_takes_and_stands_alone(serving: Serving) -> None:
    for purpose in Purpose:
        assert serving.post("/switches/grant", purpose=purpose, sure="yes").status == 303
    page = told(serving.get("/switches?done=granted").text)
    assert page.count("You get") == page.count("It costs you") == len(Purpose)
    assert "It is switched on." in page
    assert serving.post("/switches/withdraw", purpose="reporting").status == 303
    page = serving.get("/switches").text
    assert page.count('action="/switches/withdraw"') == len(Purpose) - 1
    record = told(serving.get("/switches/record").text)
    assert "switched off" in record
    assert record.count("switched on") == record.count("in force") == len(Purpose)
    assert record.count("replaced") == 1


def test_the_record_names_the_text_that_was_on_the_screen(
    running: Running, serve: Callable[[Running, str], Serving]
) -> None:
    german = serve(running, "de")
    german.enter()
    assert "Den Verlauf in dieser Box verwenden" in told(german.get("/switches").text)
    german.post("/switches/grant", purpose="history", sure="yes")
    with running.line() as manager:
        (record,) = manager.result("EdgeAgent.consentReceipt")["records"]
    assert (record["language"], record["privacyNoticeUri"]) == (
        "de",
        "edgeagent/notices/notice-3.de.json",
    )


def test_the_history_is_searched_and_paged(furnished: Serving) -> None:
    first = furnished.get("/kept").text
    assert "15 viewings are kept" in told(first)
    assert first.count('class="row"') == 15
    assert 'id="older"' not in first
    found = furnished.get("/kept?search=T%3A03").text
    assert found.count('class="row"') == 1
    assert "Nothing of that name" in told(furnished.get("/kept?search=nonsense").text)


def test_a_title_is_hidden_left_out_and_forgotten(furnished: Serving) -> None:
    for action, there in (
        ("hide", "/title/unhide"),
        ("unhide", "/title/hide"),
        ("exclude", "/title/include"),
        ("include", "/title/exclude"),
    ):
        answer = furnished.post(f"/title/{action}", id=FIRST)
        assert answer.status == 303, answer.text
        assert f'action="{there}"' in furnished.get(answer.headers["location"]).text
    furnished.post("/title/hide", id=SECOND)
    assert "1 title hidden or left out" in told(furnished.get("/kept").text)
    assert SECOND in furnished.get("/marks").text
    asked = furnished.post("/title/forget", id=FIRST, title="Title")
    assert (asked.status, "Forget Title?" in told(asked.text)) == (200, True)
    assert "15 viewings" in told(furnished.get("/kept").text)
    assert furnished.post("/title/forget", id=FIRST, sure="yes").status == 303
    assert "14 viewings" in told(furnished.get("/kept").text)
    assert "You have not watched it" in told(furnished.get(f"/title?id={FIRST}").text)


def test_many_viewings_of_other_titles_do_not_hide_those_of_one(
    furnished: Serving, running: Running
) -> None:
    running.box.clock.advance(60)
    with running.line() as manager:
        for number in range(501):  # more than an answer holds
            manager.result("Discovery.watched", {"entityId": f"{FIRST}{number}"})
    assert "Watched once:" in told(furnished.get(f"/title?id={FIRST}").text)


def test_what_left_is_there_byte_for_byte(furnished: Serving, running: Running) -> None:
    with running.box.open() as agent:
        (disclosure,) = agent.disclosures()
    listed = furnished.get("/left").text
    assert "waits to be sent" in told(listed)
    assert "25%" in told(listed)
    path = re.search(r'href="(/left/report\?id=\w+)"', listed)[1]  # type: ignore[index]
    page = furnished.get(path).text
    assert "8 of these 33 groups" in told(page)
    assert "49%" in told(page)
    assert "23%" in told(page)
    assert "at most 75% sure" in told(page)
    details = path.replace("/report", "/details")
    page = furnished.get(details).text
    shown = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1]  # type: ignore[index]
    assert html.unescape(shown).encode() == disclosure.body
    saved = furnished.get(path.replace("/report", "/bytes"))
    assert saved.body == disclosure.body
    assert disclosure.meaning.split(". ")[1] in told(page)
    german = furnished.get(details, **{"Accept-Language": "de"}).text
    assert "Ein Fernsehabend der Woche ab" in told(german)
    assert "answer is more than" not in german


def test_what_comes_next_says_when_or_why_not(
    services: ServiceThread, serve: Callable[[Running], Serving], furnished: Serving
) -> None:
    assert "one viewing of it is drawn by lot" in told(furnished.get("/left").text)
    furnished.post("/switches/withdraw", purpose="reporting")
    assert "not both switched on" in told(furnished.get("/left").text)
    fresh = serve(services.start(name="fresh"))
    fresh.enter()
    assert "is not sure what time it is" in told(fresh.get("/left").text)


def test_what_the_box_thinks_has_reasons(furnished: Serving) -> None:
    page = told(furnished.get("/thinks").text)
    assert "segment 0" in page
    assert "A Table" in page
    assert furnished.post("/thinks/again").status == 303
    furnished.post("/switches/withdraw", purpose="personalization")
    assert "is switched off" in told(furnished.get("/thinks").text)


def test_each_segment_names_the_titles_that_made_it(
    services: ServiceThread, serve: Callable[[Running], Serving], tmp_path: Path
) -> None:
    box = AgentBox(
        directory=tmp_path / "mixed", runtime_directory=tmp_path / "mixed-run", scorer=MixScorer()
    )
    running = services.start(box=box)
    furnish(running)
    serving = serve(running)
    serving.enter()
    segments, others = serving.get("/thinks").text.split('id="because-1"')
    shown = re.findall(r'<li class="share">.*', segments)
    assert "because of Title t:02" in told(shown[0])
    assert "because of Title t:03" in told(shown[1])
    assert not [segment for segment in shown[2:] if "because" in told(segment)]
    assert "because of Title t:02" in told(others)
    widths = [re.findall(r'class="fill" width="([0-9.]+)"', segment)[0] for segment in shown[:2]]
    assert widths == ["60.0", "30.0"]  # parts of the whole, not of the largest


def test_without_a_model_the_box_thinks_nothing(serving: Serving) -> None:
    serving.post("/switches/grant", purpose="history", sure="yes")
    serving.post("/switches/grant", purpose="personalization", sure="yes")
    assert "It needs a model, which it fetches by itself" in told(serving.get("/thinks").text)


def test_a_private_session_shows_its_end(furnished: Serving, running: Running) -> None:
    assert furnished.post("/private/start", minutes="60").status == 303
    page = told(furnished.get("/private").text)
    assert "60 minutes left" in page
    assert "Private until" in told(furnished.get("/").text)
    watch(running, TITLE_IDS[30])
    assert furnished.post("/private/stop").status == 303
    assert "How long?" in told(furnished.get("/private").text)
    assert furnished.post("/private/start", minutes="x").status == 400
    assert furnished.post("/private/start", minutes="99999").status == 400


def test_profiles_come_go_and_change_their_names(furnished: Serving) -> None:
    assert furnished.post("/profiles/create", name="Ada & Co", kind="adult").status == 303
    assert "Ada & Co" in told(furnished.get("/profiles").text)
    assert furnished.get("/profile?name=Ada+%26+Co").status == 200
    assert furnished.post("/profiles/switch", name="Ada & Co").status == 303
    assert "For “Ada & Co”." in told(furnished.get("/switches").text)
    assert furnished.post("/profiles/rename", name="Ada & Co", new_name="Ada").status == 303
    taken = furnished.post("/profiles/create", name="Ada", kind="kid")
    assert taken.status == 422
    assert "Another profile has it" in told(taken.text)


def test_retention_is_shortened_in_two_steps_and_taken_back(furnished: Serving) -> None:
    asked = furnished.post("/retention/set", days="14")
    assert "for 14 days only?" in told(asked.text)
    assert "after 90 days" in told(furnished.get("/retention").text)
    assert furnished.post("/retention/set", days="14", sure="yes").status == 303
    assert "after 14 days" in told(furnished.get("/retention").text)
    furnished.post("/retention/set", days="1", sure="yes")
    assert "audience counts need 8 days" in told(furnished.get("/retention").text)
    longer = furnished.post("/retention/set", days="")
    assert (longer.status, "Keep viewings for 90 days?" in told(longer.text)) == (200, True)
    assert "does not hold" in told(longer.text)  # 1 day was lengthened to 8
    assessed = told(furnished.get("/assessment").text)
    assert "deleted after 1 day, or on the day after. does not hold" in assessed
    why = "1 day was asked for, but audience counts need 8 days"
    assert why in assessed
    shown = told(furnished.get("/retention").text)
    assert "after 8 days" in shown
    assert why in shown
    assert furnished.post("/retention/set", days="", sure="yes").status == 303
    assert "after 90 days" in told(furnished.get("/retention").text)
    assert furnished.post("/retention/set", days="90").status == 303  # nothing to ask about


def test_everything_is_downloaded_as_the_command_line_writes_it(
    furnished: Serving, running: Running
) -> None:
    answer = furnished.get("/download/edgeagent-export.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="edgeagent-export.json"'
    with running.line() as manager:
        assert json.loads(answer.body) == manager.result("EdgeAgent.export")


@pytest.mark.parametrize(
    ("scope", "profile", "viewings"), [("history", "", 0), ("profile", "main", 0), ("all", "", 0)]
)
def test_erasing_takes_two_steps_and_gives_a_receipt(
    furnished: Serving, running: Running, scope: str, profile: str, viewings: int
) -> None:
    furnished.post("/profiles/create", name="Ada", kind="adult")
    asked = furnished.post("/erase/ask", scope=scope, profile=profile)
    fields = dict(re.findall(r'name="(scope|profile|confirm)" value="([^"]*)"', asked.text))
    assert fields["scope"] == scope
    assert "15 viewings" in told(furnished.get("/kept").text)
    erased = furnished.post("/erase/now", **fields)
    assert "It is erased" in told(erased.text), told(erased.text)
    assert "Old keys destroyed" in told(erased.text)
    with running.line() as manager:
        assert manager.result("EdgeAgent.history")["count"] == viewings
    again = furnished.post("/erase/now", **fields)
    assert again.status == 400
    assert "the question is good for two minutes" in told(again.text)


def test_no_scope_no_erasure(serving: Serving) -> None:
    assert serving.post("/erase/ask", scope="environment").status == 400


def test_the_history_goes_in_two_steps(furnished: Serving) -> None:
    asked = furnished.post("/switches/withdraw", purpose="history")
    assert (asked.status, "cannot be undone" in told(asked.text)) == (200, True)
    assert "15 viewings" in told(furnished.get("/kept").text)
    assert furnished.post("/switches/withdraw", purpose="history", sure="yes").status == 303
    assert "Nothing is kept yet" in told(furnished.get("/kept").text)


def test_a_switch_that_ran_out_says_so(furnished: Serving, running: Running) -> None:
    assert "It ran out" not in told(furnished.get("/switches").text)
    running.box.clock.advance(731 * 86_400)
    furnished.enter()
    page = told(furnished.get("/switches").text)
    assert page.count("It ran out. Nothing is done until you switch it on again.") == 3


def test_a_switch_whose_text_has_changed_says_so(furnished: Serving, running: Running) -> None:
    assert "go further than what you allowed" not in told(furnished.get("/switches").text)
    with running.box.open() as agent:
        ledger = agent._home.ledger
        record = ledger.consents("main")[-1]
        ledger.append_consent(
            msgspec.structs.replace(record, notice_version="0", terms=msgspec.UNSET)
        )
    page = told(furnished.get("/switches").text)
    assert page.count("It would now go further than what you allowed. Nothing is done until") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_consent_whose_date_nobody_knows_has_no_date(
    running: Running, serve: Callable[[Running, str], Serving], language: str
) -> None:
    running.box.clock.set(0)
    serving = serve(running, language)
    serving.enter()
    for purpose in Purpose:
        assert serving.post("/switches/grant", purpose=purpose, sure="yes").status == 303
    page = told(serving.get("/switches").text)
    assert page.count(load_texts(language)("switches.undated")) == len(Purpose)
    for path in set(PAGES) - NEEDING_A_NAME:
        assert serving.get(path).status == 200, path


def test_the_model_is_updated_and_rolled_back(serving: Serving) -> None:
    assert "No model yet" in told(serving.get("/model").text)
    answer = serving.post("/model/update")
    assert answer.headers["location"] == "/model?done=updated"
    assert serving.post("/model/update").headers["location"] == "/model?done=no_update"
    assert "subset_selection.33.3-1.224" in told(serving.get("/model").text)
    refused = serving.post("/model/rollback")
    assert refused.status == 503


def test_the_language_is_the_viewer_s_choice(serving: Serving) -> None:
    assert "What is kept" in told(serving.get("/").text)
    assert "Was die Box weiß" in told(serving.get("/", **{"Accept-Language": "de"}).text)
    chosen = serving.post("/look/language", language="de")
    assert (chosen.status, chosen.headers["location"]) == (303, "/look?done=look")
    serving.cookies["edgeagent_language"] = "de"
    assert "Was die Box weiß" in told(serving.get("/", **{"Accept-Language": "en"}).text)
    assert any(cookie.startswith("edgeagent_language=de;") for cookie in chosen.cookies)
    refused = serving.post("/look/language", language="xx")
    assert not any("edgeagent_language" in cookie for cookie in refused.cookies)


def test_a_service_that_has_gone_is_said_to_be_gone(
    serving: Serving, services: ServiceThread
) -> None:
    services.stop()
    answer = serving.get("/")
    assert answer.status == 503
    assert "The box does not answer" in told(answer.text)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (WrongKey("the key is another"), "The storage is in trouble"),
        (NetworkError("no route"), "The other side does not answer"),
        (NoModel("nothing yet"), "There is no model yet"),
        (ModelRefused("golden case 0"), "golden case 0"),
        (ModelError("a child was ended"), "a child was ended"),
    ],
)
def test_trouble_is_told_by_its_kind(
    serving: Serving, running: Running, error: EdgeAgentError, said: str
) -> None:
    running.service._outside.jobs.fails = error  # type: ignore[attr-defined]
    answer = serving.post("/model/update")
    assert answer.status == 503
    assert said in told(answer.text)
    assert ("There is no model yet" in told(answer.text)) == isinstance(error, NoModel)


def test_titles_are_shown_and_never_run(
    services: ServiceThread, serve: Callable[[Running], Serving]
) -> None:
    running = services.start(name="odd")
    serving = serve(running)
    serving.enter()
    serving.post("/switches/grant", purpose="history", sure="yes")
    watch(running, "<script>alert(1)</script>\"'&")
    page = serving.get("/kept?search=%3Cscript").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
