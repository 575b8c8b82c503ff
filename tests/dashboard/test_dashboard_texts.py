"""Every word stands in a catalogue, in every language, and nowhere else."""

from __future__ import annotations

import ast
import itertools
import re
import string
from datetime import UTC, timedelta, timezone
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.catalog import Catalog

from edgeagent import dashboard
from edgeagent.consent import Purpose
from edgeagent.dashboard.colours import COLOURS
from edgeagent.dashboard.rendering import render
from edgeagent.dashboard.segment_names import segment_name
from edgeagent.dashboard.texts import LANGUAGES, Said, Texts, choose_language, load_texts
from edgeagent.messages import SegmentLabel
from edgeagent.messages.manifest import BEFORE_1970
from edgeagent.notices import load_template
from edgeagent.services.models.installation import NONE_NAME
from edgeagent.services.upkeep import box_erasure as erasure_of_box
from edgeagent.services.upkeep import erasure
from edgeagent.store.store_notes import CUT_SHORT, GONE, PUT_BACK
from model_export.segments import english_names
from model_export.segments.english_names import english_name, noun_first
from tests.catalogues import compiled, first_form, forms_of, read_catalogue, texts_of

HERE = Path(dashboard.__file__).parent
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
SOURCES = sorted(HERE.glob("*.py"))
SCRIPT = HERE / "static" / "dashboard.js"
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SPOKEN_ATTRIBUTES = re.compile(r'\b(?:aria-label|placeholder|title|alt)="([^"]*)"')


def catalogue(language: str) -> dict[str, str]:
    """Return the text of each key; the forms of a plural follow one another."""
    path = HERE / "locale" / language / "LC_MESSAGES/dashboard.po"
    return {
        message.context or first_form(message.id): "\n".join(forms_of(message.string))
        for message in texts_of(read_catalogue(path))
    }


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_catalogue_that_is_compiled_is_a_language_to_choose() -> None:
    assert {"de", "en"} <= set(LANGUAGES)
    assert set(LANGUAGES) == {path.parts[-3] for path in HERE.glob("locale/*/*/dashboard.po")}


def test_every_key_s_english_is_its_own_text_and_not_the_key() -> None:
    for key, text in catalogue("en").items():
        assert text != key
        assert key in load_texts("en")


def test_there_is_a_notice_in_every_language() -> None:
    for language in LANGUAGES:
        notice = load_template(language)
        assert notice.version == load_template("en").version
        assert set(notice.purposes) == set(Purpose)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_text_stands_in_a_template(path: Path) -> None:
    markup = _CODE.sub("", path.read_text("utf-8"))
    spoken = "".join(_SPOKEN_ATTRIBUTES.findall(markup))
    between = re.sub(r"<[^>]*>", "", markup)
    assert not re.findall(r"[^\W\d_]", spoken + between)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_sentence_hides_in_a_template_s_code(path: Path) -> None:
    quoted = re.findall(r'"([^"]*)"', " ".join(_CODE.findall(path.read_text("utf-8"))))
    assert not [text for text in quoted if re.search(r"[a-z]{2,} [a-z]{2,}", text)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_text_stands_in_code(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):  # docstrings
            silent.add(id(node.value))
        if isinstance(node, ast.Raise) or _is_for_integrators(node):
            silent.update(id(part) for part in ast.walk(node))
    spoken = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in silent
        and re.search(r"[A-Za-z]{2,} [a-z]{2,}", node.value)
        and "'" not in node.value  # the content security policy
    ]
    assert not spoken


def _is_for_integrators(node: ast.AST) -> bool:
    """Say whether a call speaks to a log, a command line or a hash."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return node.func.attr in {
        "warning",
        "error",
        "add_argument",
        "ArgumentParser",
        "_sign",
        "_matches",
        "compile",
    }


def test_no_text_stands_in_the_script() -> None:
    code = re.sub(r"//[^\n]*", "", SCRIPT.read_text("utf-8"))
    quoted = re.findall(r"[\"'`]([^\"'`]*)[\"'`]", code)
    assert not [text for text in quoted if re.search(r"[A-Za-z]{2,} [a-z]{2,}", text)]


def test_every_text_that_code_asks_for_is_there() -> None:
    known = catalogue("en")
    for path in TEMPLATES:
        source = path.read_text("utf-8")
        for key in re.findall(r"\bt\([\"']([\w.]+)[\"'][,)]", source):
            assert key in known, (path.name, key)
        for key in re.findall(r"\bt\.count\([\"']([\w.]+)[\"']", source):
            assert "\n" in known[key], (path.name, key)


@pytest.mark.parametrize(
    ("chosen", "accepted", "default", "language"),
    [
        (None, "", "en", "en"),
        (None, "", "de", "de"),
        (None, "de-AT,de;q=0.9,en;q=0.8", "en", "de"),
        (None, "xx,en;q=0.2,de;q=0.7", "en", "de"),
        (None, "de;q=0", "en", "en"),
        (None, "xx;q=nonsense", "xx", "en"),
        ("en", "de", "de", "en"),
        ("xx", "de", "en", "de"),
    ],
)
def test_the_viewer_s_choice_comes_first_then_the_browser_s_then_the_box_s(
    chosen: str | None, accepted: str, default: str, language: str
) -> None:
    assert choose_language(chosen, accepted, default=default) == language


def test_dates_numbers_and_counts_are_written_as_the_language_does() -> None:
    english = Texts("en", NullTranslations(), zone=UTC)
    de = compiled(read_catalogue(HERE / "locale/de/LC_MESSAGES/dashboard.po"))
    german = Texts("de", de, zone=timezone(timedelta(hours=2)))
    moment = 1_790_000_000  # 2026-09-21T14:13:20Z
    assert english.moment(moment) == "21 September 2026, 14:13"
    assert german.moment(moment) == "21. September 2026, 16:13"
    assert german.time(moment) == "16:13"
    assert german.utc_date(moment) == "21. September 2026"
    assert english.percent(0.256) == "26%"
    assert english.count("kept.lead", 1) == "One viewing is kept, in this box only."
    assert english.count("kept.lead", 3) == "3 viewings are kept, in this box only."
    assert "kept.title" in english
    assert "kept.nonsense" not in english


def test_a_language_counts_by_the_rule_of_its_own_catalogue() -> None:
    polish = Catalog(locale="pl")
    assert polish.num_plurals == 3
    forms = ("{number} dzień", "{number} dni", "{number} dnia")
    polish.add(("{number} day", "{number} days"), forms, context="home.days")
    texts = Texts("pl", compiled(polish))
    said = {number: texts.count("home.days", number) for number in (0, 1, 2, 4, 5, 12, 22, 25)}
    few, many = {2, 4, 22}, {0, 5, 12, 25}
    assert {number for number, text in said.items() if text == f"{number} dzień"} == {1}
    assert {number for number, text in said.items() if text == f"{number} dni"} == few
    assert {number for number, text in said.items() if text == f"{number} dnia"} == many
    # what is not translated yet is shown in English
    assert texts("home.private_off") == "Off"
    assert texts.count("home.profiles", 2) == "2 profiles"


def test_a_key_without_text_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError, match=r"home\.nonsense"):
        load_texts("de")("home.nonsense")


def test_what_was_watched_is_shown_and_never_run() -> None:
    texts = load_texts("en")
    said = texts.said("<script>x</script>")
    page = render("notice", t=texts, colours=COLOURS["dark"], reason="trouble", said=said)
    assert "&lt;script&gt;" in page
    assert "<script>x" not in page


GENRES = sorted(genre.title() for genre in english_names._WORDS)
PAIRS = ([], *([first] for first in GENRES), *map(list, itertools.permutations(GENRES, 2)))


def _label(**fields: Any) -> SegmentLabel:
    label = SegmentLabel(name="-", sensitive=False, iab=(), **fields)
    return msgspec.structs.replace(label, name=english_name(label))


LABELS = [
    _label(kind=kind, genres=noun_first(genres)) for genres in PAIRS for kind in ("films", "series")
]
SAID_ALIKE = {"action", "fantasy", "fiction", "films", "horror", "musicals", "mystery"}
SAID_ALIKE |= {"noir", "noirs", "science", "thriller", "western"}


def test_every_name_that_the_exporter_makes_is_said_in_each_language() -> None:
    english, german = load_texts("en"), load_texts("de")
    assert len({label.name for label in LABELS}) > 200
    for label in LABELS:
        assert segment_name(label, english) == Said(text=label.name, language="en")
        said = segment_name(label, german)
        assert said.language == "de", label.name
        foreign = set(label.name.lower().split()) - SAID_ALIKE
        assert not foreign & set(re.findall(r"[a-zé]+", said.text.lower())), (label, said.text)


@pytest.mark.parametrize(
    ("label", "name", "german"),
    [
        (
            _label(kind="series", genres=("Comedy", "Romance"), era=2020),
            "Romantic comedy series of the 2020s",
            "Romantische Comedyserien der 2020er-Jahre",
        ),
        (
            _label(kind="films", genres=("Action", "Sci-Fi")),
            "Science-fiction action films",
            "Science-Fiction-Actionfilme",
        ),
        (
            _label(kind="films", genres=("Drama", "War"), era=BEFORE_1970),
            "War dramas before 1970",
            "Kriegs-Dramen vor 1970",
        ),
        (
            _label(kind="films", genres=("Crime",), theme="heist", number=2),
            "Crime films: heist (2)",
            "Krimis: heist (2)",
        ),
        (
            _label(kind="films", titles=("Alien", "Up")),
            "Films, like “Alien” and “Up”",
            "Filme, etwa „Alien“ und „Up“",
        ),
        (
            _label(kind="films", genres=("Drama",), era=1990, titles=("A very lo…",)),
            "Dramas of the 1990s, like “A very lo…”",
            "Dramen der 1990er-Jahre, etwa „A very lo…“",
        ),
    ],
)
def test_a_name_is_put_together_in_each_language(
    label: SegmentLabel, name: str, german: str
) -> None:
    assert label.name == name
    assert segment_name(label, load_texts("en")) == Said(text=name, language="en")
    assert segment_name(label, load_texts("de")) == Said(text=german, language="de")


@pytest.mark.parametrize(
    "label",
    [
        SegmentLabel(name="segment 0", sensitive=False, iab=()),  # of an older manifest
        SegmentLabel(name="Crime films", sensitive=False, iab=()),
        _label(kind="films", genres=("Anime", "Soap")),
        _label(kind="films", genres=("Crime", "Soap")),
        _label(kind="films", genres=("Romance", "Comedy")),  # no such kind of romances
    ],
)
def test_what_is_told_otherwise_is_shown_by_its_name_and_marked(label: SegmentLabel) -> None:
    assert segment_name(label, load_texts("de")) == Said(text=label.name, language="en")


def test_what_the_box_says_in_its_receipts_is_said_in_each_language() -> None:
    sentences = (
        *("decisions about consent", "privacy ledger", "disclosure log", "settings"),
        *(erasure._DEBITS, erasure._COPIES, erasure_of_box._FLASH, erasure_of_box._KEPT_KEY),
        "a copy made earlier does not open any more",
        NONE_NAME,
        "the ledger and its anchor disagree: nothing is granted, nothing is reported",
        *(CUT_SHORT, GONE, PUT_BACK),
    )
    for sentence in sentences:
        assert f"box: {sentence}" in catalogue("en")
        assert load_texts("de").said(sentence).language == "de"
    assert load_texts("de").said("a new sentence") == Said(text="a new sentence", language="en")


def test_numbers_are_grouped_and_small_parts_are_not_nothing() -> None:
    english, german = load_texts("en"), load_texts("de")
    assert english.count("home.viewings", 20_000) == "20,000 viewings"
    assert german.count("home.viewings", 20_000) == "20.000 Einträge"
    assert (english.percent(0), english.percent(0.004)) == ("0%", "under 1%")
    assert german.percent(0.004) == "unter 1\u00a0%"
