"""``python -m tests.catalogues``: bring every message catalogue up to date and compile it.

There are two for each language: what the dashboard shows and what the command line prints.

A catalogue is a ``.po`` file that a translator edits and the ``.mo`` file beside it that is read at
run time; both are committed, because an editable install compiles nothing. A text that is new is
left empty, one whose English has changed is marked fuzzy: tests fail until it is translated.
``python -m tests.catalogues pl`` begins the catalogues of a language.
"""

from __future__ import annotations

import inspect
import io
import sys
from collections.abc import Iterator, Mapping
from gettext import GNUTranslations
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from edgeagent import cli, dashboard
from edgeagent.cli.root import cli as edgeagent_cli
from edgeagent.help_pages import HelpfulCommand, HelpfulGroup
from edgeagent.ranking import words as reasons
from tests.cli.command_tree import commands_of
from tests.cli.sentences import sentences

__all__ = [
    "CATALOGUES",
    "CLICK",
    "command_template",
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
_COMMANDS = Path(cli.__file__).parent / "locale"
_FILES = {_DASHBOARD: "LC_MESSAGES/dashboard.po", _COMMANDS: "LC_MESSAGES/edgeagent.po"}
CATALOGUES = sorted(path for place, name in _FILES.items() for path in place.glob(f"*/{name}"))
_ENGLISH = _DASHBOARD / "en/LC_MESSAGES/dashboard.po"
_WIDTH = 100
CLICK = "click"
"""Stands as the place of texts that the library prints. Its releases differ in them, so catalogues
hold those of the one that was installed; another is half English, not wrong."""


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


def command_template() -> Catalog:
    """Return what is translated of the command line: its own texts, other rooms', click's."""
    template = Catalog()
    for text, module in (*_help_texts(), *sentences()):
        template.add(text, locations=[(module, 0)])
    root = Path(cli.__file__).parents[2]
    for path in sorted(Path(cli.__file__).parent.glob("*.py")):
        keywords = {"words": (1,), "counted": (1, 2)}
        _add_found(template, path, keywords, location=path.relative_to(root).as_posix())
    place = Path(reasons.__file__)
    _add_found(template, place, {"say": (1,)}, location=place.relative_to(root).as_posix())
    for path in sorted(Path(click.__file__).parent.glob("*.py")):
        _add_found(template, path, {"_": (1,), "ngettext": (1, 2)}, location=CLICK)
    template.add("required", locations=[(CLICK, 0)])  # looked up by the name of a field
    return template


def _help_texts() -> Iterator[tuple[str, str]]:
    """Yield each help text of the command line, and the module it comes from."""
    for _, command in commands_of(edgeagent_cli):
        module = inspect.unwrap(command.callback).__module__ if command.callback else __name__
        options = [item for item in command.params if isinstance(item, click.Option)]
        for text in (
            command.help,
            *(option.help for option in options if not option.hidden),
            *(command.examples if isinstance(command, HelpfulCommand) else ()),
            *(command.sections if isinstance(command, HelpfulGroup) else ()),
        ):
            if text:
                yield inspect.cleandoc(text), module.replace(".", "/") + ".py"


def _add_found(
    template: Catalog, path: Path, keywords: Mapping[str, tuple[int, ...]], *, location: str
) -> None:
    for _, message, _, _ in extract_from_file("python", path, keywords=keywords):
        template.add(message, locations=[(location, 0)])


def template_of(path: Path) -> Catalog:
    """Return what the catalogue at ``path`` has to hold, untranslated."""
    if path == _ENGLISH:
        return read_catalogue(path)
    return dashboard_template() if path.is_relative_to(_DASHBOARD) else command_template()


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
    begun = {place / language / name for place, name in _FILES.items() for language in languages}
    _write(_ENGLISH, read_catalogue(_ENGLISH))
    for path in {*CATALOGUES, *begun} - {_ENGLISH}:
        catalogue = read_catalogue(path) if path.exists() else Catalog(locale=path.parts[-3])
        _write(path, updated(catalogue, template_of(path)))


if __name__ == "__main__":
    main(sys.argv[1:])
