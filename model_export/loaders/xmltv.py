"""XMLTV guides: each programme is a title, however often it is broadcast.

An item is named by the first of these that a programme has: ``dd_progid``, another id in
``episode-num`` (``imdb.com``, ``themoviedb.org``, ``thetvdb.com``), its title with season and
episode, with sub-title, with the day it was first shown, or with year. An id of a series
(``series/…``, ``SH…``) names the series of an episode. Read as a stream, so that size is no matter;
entities are refused, since nothing in a guide needs them and a few lines of them can fill any
memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from edgeagent.errors import InputError
from model_export.loaders.catalogue_builder import CatalogueBuilder, LoadedCatalogue
from model_export.loaders.xmltv_programme import READ, programme_entry

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["read_xmltv"]


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
        for number, programme in enumerate(_programmes(guide, path), start=1):
            place = f"{path}, programme {number}"
            for element in programme:
                if element.tag not in READ:
                    builder.omissions.ignored.add(f"element <{element.tag[:60]}>", place)
            builder.add(programme_entry(programme), place)
    return builder.catalogue(path)


def _programmes(guide: BinaryIO, path: Path) -> Iterator[Element]:
    from xml.etree.ElementTree import ParseError  # noqa: PLC0415  (no parser)

    from defusedxml import DefusedXmlException  # noqa: PLC0415  (the extra export)
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    try:
        events = iterparse(guide, events=("start", "end"))
        _, root = next(events)
        if root.tag != "tv":
            raise InputError(
                f"{path} is XML, but its root is <{root.tag[:60]}>, not <tv>",
                hint="give an XMLTV guide",
            )
        for event, element in events:
            if event == "end" and element.tag in ("programme", "channel"):
                if element.tag == "programme":
                    yield element
                root.clear()
    except ParseError as error:
        raise InputError(
            f"{path} is not well-formed XML: {error}", hint="write it again"
        ) from error
    except DefusedXmlException as error:
        raise InputError(
            f"{path} declares entities, which no guide needs", hint="remove its <!ENTITY …> lines"
        ) from error
    except (LookupError, ValueError) as error:
        raise InputError(
            f"{path} names an encoding that is not known: {error}", hint="save it as UTF-8"
        ) from error
