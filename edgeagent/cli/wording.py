"""What the command line says, in the language of the environment.

Code holds the English text; ``locale/`` holds its translations. Only texts for people are
translated: JSON, errors and the names that commands take are the same in every language, because
programs read them and people search for them.
"""

from __future__ import annotations

import gettext
import inspect
import itertools
import re
from collections.abc import Mapping
from copy import copy
from pathlib import Path

import click

from edgeagent.help_pages import HelpfulCommand, HelpfulGroup

__all__ = [
    "TranslatedCommand",
    "TranslatedGroup",
    "choose_language",
    "counted",
    "said",
    "without_numbers",
    "words",
]

_DIRECTORY = Path(__file__).parent / "locale"
_DOMAIN = "edgeagent"
_NO_DOMAIN = "messages"
"""gettext's own default, for which there is no catalogue."""
_ENGLISH = ("C", "POSIX", "en")
"""How the names begin of languages that need no catalogue."""
_NUMBER = re.compile(r"\d+(?:[-:.T]\d+)*Z?")
"""Times are numbers here, too: a catalogue cannot hold them either."""


def choose_language(environment: Mapping[str, str]) -> None:
    """Take the first language that the environment asks for and that there is a catalogue of.

    ``LANGUAGE`` holds several, best first. It goes before ``LC_ALL``, ``LC_MESSAGES`` and ``LANG``,
    of which the first that is set counts, unless that is ``C``: programs set it to be able to read
    what is printed. Python's gettext does not know that rule, nor that English has no catalogue.
    The choice is gettext's global one, because click asks there for its own messages.
    """
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    wanted = locale if locale in _ENGLISH else environment.get("LANGUAGE") or locale
    for language in filter(None, wanted.split(":")):
        if language.startswith(_ENGLISH):
            break
        if gettext.find(_DOMAIN, _DIRECTORY, [language]):
            gettext.bindtextdomain(_DOMAIN, _DIRECTORY)
            gettext.textdomain(_DOMAIN)
            return
    gettext.textdomain(_NO_DOMAIN)


def words(english: str, /, **values: object) -> str:
    """Return a text in the language of the environment, its names in braces filled in."""
    return gettext.gettext(english).format(**values)


def counted(one: str, many: str, number: int, /, **values: object) -> str:
    """Return the form of a text that fits ``number``, by the plural rule of the language.

    >>> counted("{number} viewing", "{number} viewings", 2)
    '2 viewings'
    """
    return gettext.ngettext(one, many, number).format(number=number, **values)


def said(sentence: str, /) -> str:
    """Return what another room says in the language of the environment, if a catalogue has it."""
    english, numbers = without_numbers(sentence)
    return _looked_up(english).format(*numbers)


def without_numbers(sentence: str, /) -> tuple[str, list[str]]:
    """Return a sentence as catalogues hold it, and the numbers that it names.

    >>> without_numbers("deleted after 90 days")
    ('deleted after {0} days', ['90'])
    """
    plain = sentence.replace("{", "{{").replace("}", "}}")
    places = itertools.count()
    return _NUMBER.sub(lambda _: f"{{{next(places)}}}", plain), _NUMBER.findall(plain)


class TranslatedCommand(HelpfulCommand):
    """A command whose help is translated when it is shown, not when it is defined."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help page."""
        super(TranslatedCommand, _translated(self)).format_help(ctx, formatter)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the line that a list of commands shows."""
        return super(TranslatedCommand, _translated(self)).get_short_help_str(limit)

    def examples_title(self) -> str:
        """Return the heading above the examples."""
        return words("Examples")


class TranslatedGroup(TranslatedCommand, HelpfulGroup):
    """A noun: a group of translated commands."""

    command_class = TranslatedCommand


def _translated(command: TranslatedCommand) -> TranslatedCommand:
    shown = copy(command)
    shown.help = None if command.help is None else _looked_up(inspect.cleandoc(command.help))
    shown.params = [_translated_option(parameter) for parameter in command.params]
    shown.examples = {_looked_up(what): line for what, line in command.examples.items()}
    if isinstance(shown, TranslatedGroup):
        shown.sections = {_looked_up(title): names for title, names in shown.sections.items()}
    return shown


def _translated_option(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option):
        return parameter
    shown = copy(parameter)
    shown.help = None if parameter.help is None else _looked_up(inspect.cleandoc(parameter.help))
    return shown


def _looked_up(text: str) -> str:
    # The empty text is no message: gettext answers it with the head of the catalogue.
    return gettext.gettext(text) if text else text
