"""XMLTV guides: each programme is a title, however often it is broadcast.

An item is named by the first of these that a programme has: ``dd_progid``, another id in
``episode-num`` (``imdb.com``, ``themoviedb.org``, ``thetvdb.com``), its title with season and
episode, with sub-title, with the day it was first shown, or with year. An id of a series
(``series/…``, ``SH…``) names the series of an episode. Read as a stream, so that size is no matter,
and programme by programme, so that a broken one is left out and counted. Entities are refused,
since nothing in a guide needs them and a few lines of them can fill any memory.
"""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from xml.etree.ElementTree import ParseError, XMLParser
from xml.parsers.expat import ErrorString

from edgeagent.errors import InputError
from model_export.loaders.catalogue_builder import CatalogueBuilder, LoadedCatalogue
from model_export.loaders.guide_text import guide_text, mended
from model_export.loaders.programme_texts import programme_texts
from model_export.loaders.xmltv_programme import READ, programme_entry

__all__ = ["read_xmltv"]

_PROLOG_CHARACTERS = 1 << 16
"""A guide whose root does not begin until here is none."""
_ROOT = re.compile(r"<tv(?=[\s/>])[^<>]*>")


def read_xmltv(path: Path, *, strict: bool = False) -> LoadedCatalogue:
    """Read a guide.

    Args:
        path: of the guide.
        strict: refuse a guide with a programme that cannot be a title, or a value that cannot be
            read; otherwise it is counted.

    Raises:
        InputError: no XML, no guide, or hostile.

    """
    builder = CatalogueBuilder(strict=strict)
    with path.open("rb") as guide:  # here, so that it closes when any reader refuses it
        try:
            text = guide_text(guide)
        except LookupError as error:
            raise InputError(
                f"{path} names an encoding that is not known: {error}", hint="save it as UTF-8"
            ) from error
        try:
            begin = text.read(_PROLOG_CHARACTERS)
            root = _root(begin.lstrip("\ufeff \t\r\n"), path)
            for number, programme in enumerate(programme_texts(text, begin), start=1):
                place = f"{path}, line {programme.line}, programme {number}"
                if programme.broken is not None:
                    builder.leave_out(programme.broken, place)
                else:
                    _read_programme(programme.text, root, builder, place)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path} is not {error.encoding}: {error.reason}", hint="save it as UTF-8"
            ) from error
    return builder.catalogue(path)


def _root(begin: str, path: Path) -> str:
    """Return the start tag of the root, for what it says of namespaces."""
    from defusedxml import DefusedXmlException  # noqa: PLC0415  (the extra export)
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    try:
        _, root = next(iterparse(StringIO(mended(begin)[0]), events=("start",)))
    except ParseError as error:
        raise InputError(
            f"{path} is not well-formed XML: {error}", hint="write it again"
        ) from error
    except DefusedXmlException as error:
        raise InputError(
            f"{path} declares entities, which no guide needs", hint="remove its <!ENTITY …> lines"
        ) from error
    if root.tag != "tv":
        raise InputError(
            f"{path} is XML, but its root is <{root.tag[:60]}>, not <tv>",
            hint="give an XMLTV guide",
        )
    written = _ROOT.search(begin)
    return written[0] if written else "<tv>"


def _read_programme(text: str, root: str, builder: CatalogueBuilder, place: str) -> None:
    """Give a programme to the builder.

    It is parsed behind the root's start tag, where XML allows no declarations: there are no
    entities to expand, and the parser of the standard library takes a third of the time.
    """
    plain, changes = mended(text)
    for change in changes:
        builder.mend(change, place)
    parser = XMLParser()  # noqa: S314  (no declaration reaches it, as said above)
    try:
        for part in (root, plain, "</tv>"):
            parser.feed(part)
        (programme,) = parser.close()
    except ParseError as error:
        builder.leave_out(f"broken XML: {ErrorString(error.code)}", place)
        return
    for element in programme:
        if element.tag not in READ:
            builder.omissions.ignored.add(f"element <{element.tag[:60]}>", place)
    builder.add(programme_entry(programme), place)
