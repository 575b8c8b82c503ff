"""``python -m tests.catalogues``: bring every message catalogue up to date and compile it.

A catalogue is a ``.po`` file that a translator edits and the ``.mo`` file beside it that is read at
run time; both are committed, because an editable install compiles nothing. A text that is new is
left empty, one whose English has changed is marked fuzzy: tests fail until it is translated.
``python -m tests.catalogues pl`` begins the catalogues of a language.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from edgeagent import dashboard

__all__ = [
    "CATALOGUES",
    "compiled",
    "dashboard_template",
    "first_form",
    "forms_of",
    "read_catalogue",
    "template_of",
    "texts_of",
    "updated",
]

_DASHBOARD = Path(dashboard.__file__).parent / "locale"
CATALOGUES = sorted(_DASHBOARD.glob("*/LC_MESSAGES/*.po"))
_ENGLISH = _DASHBOARD / "en/LC_MESSAGES/dashboard.po"
_WIDTH = 100


def read_catalogue(path: Path) -> Catalog:
    """Read a ``.po`` file; a mistake in it is an error with its line."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


def dashboard_template() -> Catalog:
    """Return what is translated of the dashboard: each English text in the context of its key."""
    template = Catalog()
    for message in texts_of(read_catalogue(_ENGLISH)):
        template.add(
            message.string or "",
            context=first_form(message.id),
            user_comments=message.user_comments,
        )
    return template


def template_of(path: Path) -> Catalog:
    """Return what the catalogue at ``path`` has to hold, untranslated."""
    return read_catalogue(path) if path == _ENGLISH else dashboard_template()


def updated(catalogue: Catalog, template: Catalog) -> Catalog:
    """Return a catalogue of the template's texts, in its order, with what is translated already.

    A translation is found by its context, so that it is kept, but marked fuzzy, when the English
    text has changed.
    """
    known = {message.context or message.id: message for message in texts_of(catalogue)}
    made = Catalog(
        locale=catalogue.locale,
        header_comment=catalogue.header_comment,
        project="edgeagent",
        version="1",
        msgid_bugs_address="see .github/CONTRIBUTING.md",
        last_translator="",
        language_team="",
        creation_date=catalogue.creation_date,
        revision_date=catalogue.revision_date,
        charset="utf-8",
        fuzzy=False,
    )
    for text in texts_of(template):
        before = known.get(text.context or text.id)
        flags = set(text.flags)
        if before is not None and before.id != text.id:
            flags.add("fuzzy")
        made.add(
            text.id,
            None if before is None else before.string,
            context=text.context,
            flags=flags | (set() if before is None else before.flags),
            auto_comments=text.auto_comments,
            user_comments=() if before is None else before.user_comments,
            locations=text.locations,
        )
    return made


def texts_of(catalogue: Catalog) -> Iterator[Message]:
    """Yield every message but the header."""
    return (message for message in catalogue if message.id)


def forms_of(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Return the forms of a text that counts; any other has one."""
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def first_form(text: str | tuple[str, ...] | list[str]) -> str:
    """Return what a text is known by: itself, or its first form."""
    return forms_of(text)[0]


def compiled(catalogue: Catalog) -> GNUTranslations:
    """Return a catalogue as a program reads it."""
    return GNUTranslations(io.BytesIO(_bytes_of(catalogue)))


def _bytes_of(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def _write(path: Path, catalogue: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=_WIDTH, include_lineno=False)
    path.with_suffix(".mo").write_bytes(_bytes_of(catalogue))


def main(languages: list[str]) -> None:
    """Update every catalogue, those of ``languages`` included even where there is none yet."""
    begun = [_DASHBOARD / language / "LC_MESSAGES/dashboard.po" for language in languages]
    _write(_ENGLISH, read_catalogue(_ENGLISH))
    for path in {*CATALOGUES, *begun} - {_ENGLISH}:
        catalogue = read_catalogue(path) if path.exists() else Catalog(locale=path.parts[-3])
        _write(path, updated(catalogue, dashboard_template()))


if __name__ == "__main__":
    main(sys.argv[1:])
