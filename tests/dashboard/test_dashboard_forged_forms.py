"""A form with a field that none of our pages would send is answered in words for people."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from edgeagent.errors import InputError
from edgeagent.testing.publication import TITLE_IDS
from tests.api.running import Running
from tests.dashboard.addresses import ACTIONS, addresses
from tests.dashboard.serving import Serving

Form = tuple[str, dict[str, str]]
DAMAGES = (None, "", "x", "9" * 12, "a\u202eb\n")
"""What a field is instead; ``None``: it is not there."""
IN_WORDS = {200, 303, 400, 403, 404, 422}
"""Neither 500 nor 503, by which the dashboard says that the box is in trouble."""
ASKING = {
    *("/title/forget", "/kept/delete", "/switches/grant", "/switches/withdraw"),
    *("/switches/everything-off", "/retention/set", "/erase/ask"),
}
"""Where a form changes nothing yet, and is answered with a question, which is a form, too."""
PIN = "258046"


def forms(page: str) -> Iterator[Form]:
    """Yield what a page would post: where to, and which fields, of two buttons the first one's."""
    found = re.findall(r'<form[^>]* action="([^"]*)">(.*?)</form>', page, re.DOTALL)
    for action, inside in found:
        fields: dict[str, str] = {}
        for tag in re.findall(r"<(?:input|button)\b([^>]*)>", inside):
            named = dict(re.findall(r'\b(name|value)="([^"]*)"', tag))
            if "name" in named:
                fields.setdefault(named["name"], html.unescape(named.get("value", "")))
        del fields["form_key"]
        yield action, fields


def forms_of(living: Serving) -> dict[str, Form]:
    """Return the forms of all pages, one of each place and set of fields."""
    pages = [living.get(address).text for address in addresses(living).values()]
    found: dict[str, Form] = {}
    for page in pages:
        for action, fields in forms(page):
            if found.setdefault(f"{action} {sorted(fields)}", (action, fields))[1] is fields:
                pages += [living.post(action, **fields).text] if action in ASKING else []
    return found


def every_form(living: Serving) -> list[Form]:
    """Return all forms that there are: of titles with and without a mark, with and without PIN."""
    found = forms_of(living)
    for mark in ("hide", "exclude"):
        living.post(f"/title/{mark}", id=TITLE_IDS[0])
    living.post("/private/start", minutes="30")
    living.post("/lock/set", new_pin=PIN, again=PIN)
    found |= forms_of(living)
    living.post("/lock/remove", pin=PIN)
    return [*found.values()]


def damaged(fields: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield the fields with one of them damaged."""
    for name in fields:
        others = {other: value for other, value in fields.items() if other != name}
        yield from (others if text is None else others | {name: text} for text in DAMAGES)


def test_a_form_with_one_damaged_field_is_answered_in_words(living: Serving) -> None:
    living.cookies["edgeagent_language"] = "de"
    sent_to, faults = set(), []
    for action, fields in every_form(living):
        sent_to.add(action)
        for sent in damaged(fields):
            answer = living.post(action, **sent)
            english = re.findall(r'class="said"[^>]* lang="en">([^<]*)', answer.text)
            if answer.status not in IN_WORDS or english:
                faults.append((action, sent, answer.status, english))
    assert faults == []
    assert ACTIONS - sent_to <= {"/model/rollback"}  # shown where a version before is kept


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/switches/withdraw", {"purpose": "x"}),
        ("/promos/hide", {"what": "x", "name": "aimed"}),
        ("/promos/hide", {"what": "creative", "name": "x"}),
        ("/promos/hide", {"what": "creative", "name": ""}),
        ("/title/hide", {"id": ""}),
        ("/title/hide", {"id": "x"}),
        ("/profiles/limit", {"name": "main", "limit": "999"}),
        ("/profiles/limit", {"name": "x", "limit": "12"}),
        ("/profiles/create", {"name": "Eve", "kind": "x"}),
        ("/private/start", {"minutes": "9999"}),
        ("/erase/now", {"scope": "x", "confirm": ""}),
    ],
)
def test_what_no_page_of_ours_sends_gets_the_page_that_says_so(
    living: Serving, path: str, fields: dict[str, str]
) -> None:
    answer = living.post(path, **fields)
    assert (answer.status, "There is nothing here" in answer.text) == (400, True)
    assert "EdgeAgent." not in answer.text


def test_settings_that_are_wrong_are_no_form_s_fault(serving: Serving, running: Running) -> None:
    error = InputError("no server_url in the config")
    running.service._outside.jobs.fails = error  # type: ignore[attr-defined]
    answer = serving.post("/model/update")
    assert (answer.status, str(error) in answer.text) == (503, True)
