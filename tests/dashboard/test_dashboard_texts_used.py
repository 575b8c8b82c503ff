"""No text that nobody says, and no value handed to a text that does not name it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import get_args, get_type_hints

import pytest
from jinja2 import Environment, nodes

from edgeagent.consent import Purpose
from edgeagent.dashboard.colours import COLOURS
from edgeagent.dashboard.phone import TOPICS
from edgeagent.dashboard.texts import LANGUAGES
from edgeagent.errors import EdgeAgentError
from edgeagent.messages.fields import FigureName, HintKind, MechanismName, Obstacle, Outcome
from edgeagent.messages.scoring import Reason
from edgeagent.messages.task import DAYPARTS
from edgeagent.messages.terms import TermName
from edgeagent.promotion.eligibility import Ineligible
from edgeagent.services.household.app_names import AppKind
from edgeagent.services.household.consent_receipt import State
from edgeagent.store import CreativeMark
from edgeagent.store.profiles import ProfileKind, TitleMark
from tests.dashboard.test_dashboard_request_checks import ACTIONS
from tests.dashboard.test_dashboard_texts import LABELS, SOURCES, TEMPLATES, catalogue, names_in

ENGLISH = catalogue("en")
CODE = "\n".join(path.read_text("utf-8") for path in (*TEMPLATES, *SOURCES))
QUOTED = set(re.findall(r'"([^"\n]+)"', CODE)) | set(re.findall(r"'([^'\n]+)'", CODE))
SCOPES = {"history", "profile", "all"}
KINDS = set(get_args(get_type_hints(Reason)["kind"]))
ASKED = set(re.findall(r'\.confirm\(\s*"(\w+)"', CODE))
NOTICES = {"missing", "silent", "trouble", *re.findall(r'RejectedRequest\("(\w+)"\)', CODE)}
DONE = set(re.findall(r'done="(\w+)"', CODE))
TITLE_DEEDS = {"hidden", "shown", "excluded", "included", "forgotten"}
HIDEABLE = set(get_args(CreativeMark))
WHY_NOTHING = {"not_granted", "no_model", "no_mix", "not_for"}
FAMILIES: dict[str, set[str]] = {
    "month.": {str(number) for number in range(1, 13)},
    "weekday.": {str(number) for number in range(7)},
    "done.": DONE | TITLE_DEEDS | {"no_update"},
    "colours.": set(COLOURS),
    "phone.": set(TOPICS),
    "mark.": set(get_args(TitleMark)),
    "reason.": KINDS - {"watched"},  # that one has a title
    "kind.": set(get_args(ProfileKind)),
    "profiles.add_": set(get_args(ProfileKind)),
    "outcome.": {*get_args(Outcome), "waiting"},
    "purpose.": set(Purpose),
    "record.": {*get_args(State), "event.given", "event.withdrawn"},
    "report.meaning.": {
        mechanism + scheme
        for mechanism in get_args(MechanismName)
        for scheme in ("", ".group_daypart")
    },
    "group.": set(DAYPARTS),
    "next.obstacle.": set(Obstacle),
    "quarter.figure.": set(get_args(FigureName)),
    "promos.": {"none_yet", "off", "child", "none_here"},
    "promos.text.": {"none_yet", "off", "child", "none_here"},
    "promos.kind.": HIDEABLE,
    "promos.state.": {"now", *get_args(Ineligible)},
    "promo.hide.": HIDEABLE,
    "promo.hide_text.": HIDEABLE,
    "promo.hidden.": HIDEABLE,
    "switches.hint.": set(get_args(HintKind)),
    "switches.": {"lapsed", "other_notice"},
    "term.": set(get_args(TermName)),
    "thinks.": {
        "picks_nothing",
        "picks_none_left",
        *(f"{why}{part}" for why in WHY_NOTHING for part in ("", "_text")),
    },
    "erase.sure.": SCOPES,
    "erase.sure_text.": SCOPES,
    "erased.": SCOPES,
    "told.": set(get_args(AppKind)),
    "pin.": {"wrong", "digits", "differ"},
    "assessment.": {"report", "budget", "retention", "ledger"},
    "risk.": {"retention_days", "key_provider", "service", "teens_count_as_adults"},
    "confirm.": {f"{action}.{part}" for action in ASKED for part in ("title", "text", "yes")},
    "": {f"{reason}.{part}" for reason in NOTICES for part in ("title", "text")},
}
"""Texts whose keys are put together: how they begin, and how they may go on."""


def codes(kind: type[EdgeAgentError] = EdgeAgentError) -> set[int]:
    return {kind.rpc_code}.union(*(codes(below) for below in kind.__subclasses__()))


def is_about_trouble(key: str) -> bool:
    """Say whether a text is said when the box answers with an error, maybe on one path only."""
    found = re.fullmatch(r"trouble(-\d+)([.\w]*)\.(title|text)", key)
    if found is None or int(found[1]) not in codes():
        return False
    return not found[2] or found[2].replace(".", "/") in ACTIONS


def parts_of_names() -> set[str]:
    """Return the texts that the names of segments are made of."""
    nouns = {(label.kind, *label.genres[:1]) for label in LABELS}
    kinds = {("kind", genre) for label in LABELS for genre in label.genres[1:]}
    return {".".join(("segment", *map(str, key))).lower() for key in nouns | kinds}


def test_every_text_is_used() -> None:
    made = {begin + end for begin, ends in FAMILIES.items() for end in ends}
    assert made <= ENGLISH.keys()
    used = made | parts_of_names() | QUOTED
    unused = [
        key
        for key in ENGLISH
        if key not in used
        and not key.startswith("box: ")  # the box's own sentences have a test of their own
        and not is_about_trouble(key)
    ]
    assert not unused


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_trouble_is_told_as_any_trouble_is(language: str) -> None:
    texts = catalogue(language)
    assert not [
        key for key in texts if is_about_trouble(key) and texts[key] == texts["trouble.text"]
    ]


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """Yield where a text is asked for, the pattern of its key, and the values handed to it."""
    for path in TEMPLATES:
        tree = Environment(autoescape=True).parse(path.read_text("utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Getattr):
                speaks = call.node.attr == "count"
            else:
                speaks = isinstance(call.node, nodes.Name) and call.node.name == "t"
            if speaks and call.args:
                yield path.name, pattern(call.args[0]), {value.key for value in call.kwargs}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(args=[ast.Constant(value=str(key)), *_]) if key in ENGLISH:
                    values = {value.arg for value in node.keywords if value.arg is not None}
                    yield path.name, re.escape(key), values


def pattern(key: nodes.Expr) -> str:
    if isinstance(key, nodes.Const):
        return re.escape(str(key.value))
    if isinstance(key, nodes.Concat):
        return "".join(pattern(part) for part in key.nodes)
    return r"[\w.-]+"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_has_a_text_that_names_it(language: str) -> None:
    texts = catalogue(language)
    for where, key, values in calls():
        named: set[str] = set()
        for known, text in texts.items():
            if re.fullmatch(key, known):
                named |= names_in(text)
        assert values <= named, (where, key, values - named)
