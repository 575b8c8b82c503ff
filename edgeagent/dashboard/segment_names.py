"""What a segment is called, in the viewer's language.

A model brings the names that its maker's exporter composed in English: a kind, a genre, an era, and
where that is not telling enough a theme or titles ("Romantic comedy series of the 2020s"). They are
taken apart again and put together with the catalogue's words; a name that is made otherwise is
shown as it is, marked as English.
"""

from __future__ import annotations

import re

from edgeagent.dashboard.texts import Said, Texts

__all__ = ["segment_name"]

_PARTS = re.compile(
    r"(?P<base>[^,:“]+?)"
    r"(?: of the (?P<decade>[0-9]{4})s| before (?P<year>[0-9]{4}))?"
    r"(?:: (?P<theme>[^“]+?))?"
    r"(?:, like (?P<titles>“.+?))?"
    r"(?: \((?P<number>[0-9]+)\))?"
)
_QUOTED = re.compile(r"“([^”]+)”?")
"""The last one may have lost its end: names are cut where they grow too long."""


def segment_name(name: str, texts: Texts) -> Said:
    """Return a segment's name as ``texts`` say it.

    >>> from edgeagent.dashboard.texts import load_texts
    >>> segment_name("War drama series of the 2020s", load_texts("de")).text
    'Kriegs-Dramaserien der 2020er-Jahre'
    """
    found = _PARTS.fullmatch(name)
    spoken = None if found is None else _genres(found["base"].lower(), texts)
    if found is None or spoken is None:
        return texts.said(name)
    spoken = spoken[0].upper() + spoken[1:]
    if found["decade"]:
        spoken = texts("segment.decade", base=spoken, decade=found["decade"])
    elif found["year"]:
        spoken = texts("segment.before", base=spoken, year=found["year"])
    if found["theme"]:
        spoken = texts("segment.theme", base=spoken, theme=found["theme"])
    if found["titles"]:
        quoted = [texts("segment.quote", title=title) for title in _QUOTED.findall(found["titles"])]
        titles = texts("segment.and").join(quoted)
        spoken = texts("segment.like", base=spoken, titles=titles)
    if found["number"]:
        spoken = texts("segment.numbered", base=spoken, number=found["number"])
    return Said(text=spoken, language=texts.language)


def _genres(base: str, texts: Texts) -> str | None:
    """Return "kind noun", or None when a word of it is not in the catalogue."""
    noun = f"segment.noun.{base}"
    if noun in texts:
        return texts(noun)
    kind, _, rest = base.partition(" ")
    if f"segment.kind.{kind}" in texts and f"segment.noun.{rest}" in texts:
        return texts(f"segment.kind.{kind}", noun=texts(f"segment.noun.{rest}"))
    return None
