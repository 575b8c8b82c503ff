"""``EdgeAgent``: stored viewings in pages, the catalogue, and marks on single titles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from edgeagent.api.call import Call, notifying_of_changes
from edgeagent.api.caller import Caller
from edgeagent.api.events import HISTORY_CHANGED
from edgeagent.api.method import Event, own
from edgeagent.api.methods.picks import ProfileParams
from edgeagent.errors import ModelError
from edgeagent.messages import Title, Viewing
from edgeagent.messages.answers.history import (
    AppShape,
    Changed,
    Cursor,
    Forgotten,
    HistoryCountsShape,
    HistoryShape,
    MarkShape,
    TitleShape,
    ViewingShape,
)
from edgeagent.messages.answers.household import OfProfile
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import HISTORY_PAGE, EntityId, ProfileName, Seconds
from edgeagent.services.household.app_names import named_app
from edgeagent.store import ToldByApp, ViewingSpan

__all__ = ["EVENTS", "METHODS"]

_Search = Annotated[str, Meta(max_length=200)]
_MOST_EDGES = 64  # two months of days: each is a query
_Limit = Annotated[int, Meta(ge=1, le=HISTORY_PAGE)]


class HistoryParams(Shape, frozen=True, kw_only=True):
    """A page of viewings, newest first."""

    search: _Search = ""
    """Part of a title or entity id, upper or lower case; empty finds all."""
    limit: _Limit = 50
    """Most viewings in the answer."""
    before: Cursor | None = None
    """``next`` of the page before; null begins with the newest viewing."""
    profile: ProfileName | None = None
    """Whose viewings; the active profile's unless given."""
    entity_id: EntityId | None = None
    """Only viewings of this title."""


class HistoryCountsParams(Shape, frozen=True, kw_only=True):
    """Moments between which viewings are counted, such as the midnights of a month."""

    edges: Annotated[tuple[Seconds, ...], Meta(max_length=_MOST_EDGES)]
    """Seconds UTC, ascending."""
    profile: ProfileName | None = None
    """Whose viewings; the active profile's unless given."""


class TitlesParams(Shape, frozen=True, kw_only=True):
    """A search in the catalogue."""

    search: _Search
    """Part of a title, upper or lower case."""
    limit: _Limit = 50
    """Most titles in the answer."""
    profile: ProfileName | None = None
    """For whom; the active profile unless given."""


class TitleParams(Shape, frozen=True, kw_only=True):
    """A title, for a profile."""

    entity_id: EntityId
    """Id of the title."""
    profile: ProfileName | None = None
    """For whom; the active profile unless given."""


class ViewingSpanParams(Shape, frozen=True, kw_only=True):
    """The viewings of a profile that began in a span of time."""

    since: Seconds
    """The first moment, seconds UTC."""
    until: Seconds | None = None
    """The first moment after it, seconds UTC; null: the span has no end."""
    entity_id: EntityId | None = None
    """Only viewings of this title."""
    profile: ProfileName | None = None
    """Whose viewings; the active profile's unless given."""


def _history(call: Call, params: HistoryParams) -> HistoryShape:
    """Return a page of a profile's stored viewings, newest first."""
    profile = call.profile(params.profile)
    found: list[ViewingShape] = []
    titles = call.titles()
    for viewing in _viewings(call, profile, params):
        shape = _viewing(viewing, titles(viewing.entity_id))
        if params.search.casefold() in f"{shape.title}\n{shape.entity_id}".casefold():
            found.append(shape)
        if len(found) > params.limit:
            break
    page = found[: params.limit]
    last = page[-1] if len(found) > params.limit else None
    return HistoryShape(
        profile=profile,
        count=call.agent.history.count(profile),
        viewings=tuple(page),
        next=None if last is None else Cursor(watched_on=last.watched_on, entity_id=last.entity_id),
    )


def _history_counts(call: Call, params: HistoryCountsParams) -> HistoryCountsShape:
    """Return how many viewings began between moments, as a calendar shows them."""
    profile = call.profile(params.profile)
    counts = call.agent.history.counts(profile, params.edges)
    return HistoryCountsShape(profile=profile, counts=counts)


def _viewings(call: Call, profile: str, params: HistoryParams) -> Iterator[Viewing]:
    last, before = None, params.before
    if before is not None:
        last = Viewing(entity_id=before.entity_id, watched_on=before.watched_on)
    return call.agent.history.newest_first(profile, before=last, entity_id=params.entity_id)


def _viewing(viewing: Viewing, title: Title | None) -> ViewingShape:
    return ViewingShape(
        entity_id=viewing.entity_id,
        title=viewing.entity_id if title is None else title.title,
        known=title is not None,
        watched_on=viewing.watched_on,
        progress_fraction=viewing.progress_fraction,
        progress_seconds=viewing.progress_seconds,
        completed=viewing.completed,
    )


def _apps(call: Call, params: ProfileParams) -> tuple[AppShape, ...]:
    """Return what each app told of a profile: how many viewings, and when they were."""
    return tuple(map(_app, call.agent.history.told(call.profile(params.profile))))


def _app(told: ToldByApp) -> AppShape:
    kind, name = named_app(told.app)
    return AppShape(
        kind=kind,
        name=name,
        viewings=told.viewings,
        first_on=told.first_on,
        last_on=told.last_on,
    )


def _titles(call: Call, params: TitlesParams) -> tuple[TitleShape, ...]:
    """Return titles of the catalogue whose name holds a text, up to the profile's age limit."""
    wanted = params.search.casefold()
    most = call.agent.household.max_age_rating(call.profile(params.profile))
    try:
        titles = call.agent.titles.all()
    except ModelError:
        return ()
    found = (
        title for title in titles if title.age_rating <= most and wanted in title.title.casefold()
    )
    return tuple(
        TitleShape(
            entity_id=title.entity_id,
            title=title.title,
            kind=title.kind,
            year=title.year,
            genres=title.genres,
        )
        for title, _ in zip(found, range(params.limit), strict=False)
    )


def _marks(call: Call, params: ProfileParams) -> tuple[MarkShape, ...]:
    """Return the titles that a profile has hidden, or excluded as reasons."""
    marked = call.agent.title_marks.marked(profile=call.profile(params.profile))
    titles = call.titles()
    return tuple(
        MarkShape(
            entity_id=item.entity_id,
            title=item.entity_id if title is None else title.title,
            mark=item.mark,
            marked_at=item.marked_at,
        )
        for item in marked
        for title in (titles(item.entity_id),)
    )


def _hide(call: Call, params: TitleParams) -> None:
    """Hide a title from a profile: it is never recommended, and its viewings have no weight."""
    call.agent.title_marks.hide(params.entity_id, profile=call.profile(params.profile))
    _emit_history(call, params)


def _unhide(call: Call, params: TitleParams) -> Changed:
    """Undo ``hide``."""
    marks = call.agent.title_marks
    changed = marks.unhide(params.entity_id, profile=call.profile(params.profile))
    _emit_history(call, params)
    return Changed(changed=changed)


def _exclude(call: Call, params: TitleParams) -> None:
    """Keep the viewings of a title, but give them no weight in rankings."""
    call.agent.title_marks.exclude(params.entity_id, profile=call.profile(params.profile))
    _emit_history(call, params)


def _include(call: Call, params: TitleParams) -> Changed:
    """Undo ``exclude``."""
    marks = call.agent.title_marks
    changed = marks.include(params.entity_id, profile=call.profile(params.profile))
    _emit_history(call, params)
    return Changed(changed=changed)


def _forget(call: Call, params: TitleParams) -> Forgotten:
    """Delete every viewing of a title; this cannot be undone."""
    call.playbacks.forget_all()
    profile = call.profile(params.profile)
    with notifying_of_changes(call):
        deleted = call.agent.title_marks.forget(params.entity_id, profile=profile)
    _emit_history(call, params)
    return Forgotten(deleted=deleted)


def _forget_span(call: Call, params: ViewingSpanParams) -> Forgotten:
    """Delete the viewings that began in a span of time; this cannot be undone."""
    call.playbacks.forget_all()
    profile = call.profile(params.profile)
    span = ViewingSpan(since=params.since, until=params.until, entity_id=params.entity_id)
    with notifying_of_changes(call):
        deleted = call.agent.history.forget(span, profile=profile)
    call.notify_of_history(profile)
    return Forgotten(deleted=deleted)


def _emit_history(call: Call, params: TitleParams) -> None:
    call.notify_of_history(call.profile(params.profile))


METHODS = (
    own("history", _history, HistoryParams, result_name="page"),
    own("historyCounts", _history_counts, HistoryCountsParams, result_name="counts"),
    own("apps", _apps, ProfileParams, result_name="apps"),
    own("titles", _titles, TitlesParams, result_name="titles"),
    own("marks", _marks, ProfileParams, result_name="marks"),
    own("hide", _hide, TitleParams),
    own("unhide", _unhide, TitleParams),
    own("exclude", _exclude, TitleParams),
    own("include", _include, TitleParams),
    own("forget", _forget, TitleParams),
    own("forgetSpan", _forget_span, ViewingSpanParams),
)
EVENTS = (
    Event(
        name=HISTORY_CHANGED,
        caller=Caller.MANAGE,
        summary="Viewings or marks of a profile have changed.",
        value=OfProfile,
    ),
)
