"""Ids as people type them: the beginning is enough where only one id begins so."""

from __future__ import annotations

from collections.abc import Iterable

from edgeagent.agent import Agent
from edgeagent.errors import InputError, NoModel

__all__ = ["id_in_catalogue", "id_in_history", "whole_id"]

_SHOWN = 3


def whole_id(typed: str, known: Iterable[str]) -> str:
    """Return the id that begins with what was typed; what was typed itself, if none does.

    >>> whole_id("tmdb:60", ["tmdb:603", "tmdb:11"])
    'tmdb:603'

    Raises:
        InputError: several begin so, and none is what was typed.

    """
    found = sorted({one for one in known if one.startswith(typed)}) if typed else []
    if not found or typed in found:
        return typed
    if len(found) > 1:
        more = ", …" if len(found) > _SHOWN else ""
        raise InputError(
            f"{len(found)} ids begin with {typed!r}: {', '.join(found[:_SHOWN])}{more}",
            hint="type more of it",
        )
    return found[0]


def id_in_catalogue(agent: Agent, typed: str) -> str:
    """Return the id of a title of the catalogue; without a catalogue, what was typed."""
    try:
        if agent.titles.find(typed) is not None:
            return typed
        return whole_id(typed, (title.entity_id for title in agent.titles.all()))
    except NoModel:
        return typed


def id_in_history(agent: Agent, typed: str, *, profile: str) -> str:
    """Return the id of a title that a profile has watched."""
    return whole_id(typed, (one.entity_id for one in agent.history.newest_first(profile)))
