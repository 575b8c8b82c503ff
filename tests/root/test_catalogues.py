"""Every message catalogue is whole, current, and compiled as it stands."""

from __future__ import annotations

import re
import string
from gettext import GNUTranslations, c2py
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from tests.catalogues import (
    CATALOGUES,
    CLICK,
    compiled,
    forms_of,
    read_catalogue,
    template_of,
    texts_of,
    updated,
)

_COUNTED = range(1000)
"""Rules look at the last three digits at most."""
_TYPED = re.compile(
    r"--[a-z][a-z-]*|(?<![\w/])edgeagent(?: [a-z]+)+|\b(?:FILE|NEW|[A-Z]+_[A-Z]+)\b"
)
"""Options, commands, and names of arguments: they are typed as they stand."""
every_catalogue = pytest.mark.parametrize(
    "path", CATALOGUES, ids=lambda path: f"{path.stem}-{path.parts[-3]}"
)


def names_in(text: str) -> set[str]:
    """Return what is filled in: ``{size:.2f}`` with how it is written, and ``%(prog)s``."""
    braces = {
        f"{name}!{conversion}:{form}" if form or conversion else name
        for _, name, form, conversion in string.Formatter().parse(text)
        if name
    }
    return braces | set(re.findall(r"%\(\w+\)s", text))


def test_there_are_catalogues() -> None:
    found = {(path.stem, path.parts[-3]) for path in CATALOGUES}
    assert {("dashboard", "de"), ("dashboard", "en"), ("edgeagent", "de")} <= found


@every_catalogue
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        committed = GNUTranslations(file)
    made = compiled(read_catalogue(path))
    assert _texts(committed) == _texts(made), "run: python -m tests.catalogues"
    assert committed.info()["plural-forms"] == made.info()["plural-forms"]


def _texts(translations: GNUTranslations) -> dict[object, str]:
    """Return all but the header, which names the Babel that wrote it."""
    return {key: text for key, text in vars(translations)["_catalog"].items() if key}


@every_catalogue
def test_every_text_is_translated_and_none_is_left_over(path: Path) -> None:
    catalogue = read_catalogue(path)
    assert _own_texts(catalogue) == _own_texts(template_of(path)), "run: python -m tests.catalogues"
    for text in texts_of(catalogue):
        assert not text.fuzzy, text.id
        forms = forms_of(text.string)
        assert all(form.strip() for form in forms), text.id
        counts = not isinstance(text.id, str)
        assert len(forms) == (catalogue.num_plurals if counts else 1), text.id
    assert not catalogue.obsolete


def _own_texts(catalogue: Catalog) -> set[tuple[object, object]]:
    """Return the project's own texts; those of click change with its releases."""
    return {
        (text.context, text.id)
        for text in texts_of(catalogue)
        if {place for place, _ in text.locations} != {CLICK}
    }


@every_catalogue
def test_what_is_typed_is_the_same_in_every_language(path: Path) -> None:
    for text in texts_of(read_catalogue(path)):
        typed = set(_TYPED.findall(_english(path, text)[0]))
        for form in forms_of(text.string):
            assert set(_TYPED.findall(form)) == typed, text.id


@every_catalogue
def test_a_translation_names_what_its_english_names(path: Path) -> None:
    catalogue = read_catalogue(path)
    for text in texts_of(catalogue):
        forms = forms_of(text.string)
        english = _english(path, text)
        known = names_in("".join(english))
        for index, form in enumerate(forms):
            wanted = names_in(english[min(index, len(english) - 1)])
            assert names_in(form) <= known, text.id
            assert wanted - names_in(form) <= _may_miss(catalogue, index), text.id


def _english(path: Path, text: Message) -> tuple[str, ...]:
    """Return what is translated: in the dashboard's own English, that is the text of a key."""
    return forms_of(text.string if path.parts[-3] == "en" else text.id)


def _may_miss(catalogue: Catalog, form: int) -> set[str]:
    """Return what a form may leave out: the number, where it stands for one number only."""
    plural = c2py(catalogue.plural_expr)
    alone = len([number for number in _COUNTED if plural(number) == form]) == 1
    return {"number"} if alone else set()


def test_a_changed_english_text_keeps_its_translation_but_has_to_be_looked_at() -> None:
    template, before = Catalog(), Catalog(locale="de")
    template.add("Switch it off", context="off")
    template.add("Back", context="back")
    template.add("Next", context="next")
    before.add("Switch off", "Ausschalten", context="off")
    before.add("Back", "Zurück", context="back")
    before.add("Gone", "Weg", context="gone")
    after = updated(before, template)
    assert [(text.context, text.string, text.fuzzy) for text in texts_of(after)] == [
        ("off", "Ausschalten", True),
        ("back", "Zurück", False),
        ("next", None, False),
    ]
    assert [text.string for text in texts_of(updated(after, template)) if text.fuzzy] == [
        "Ausschalten"
    ]
