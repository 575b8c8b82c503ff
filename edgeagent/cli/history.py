"""``edgeagent history``: what this box remembers."""

from __future__ import annotations

from typing import Any, get_args

import click
from msgspec.structs import asdict

from edgeagent.cli.box_options import BoxOptions, called_off, forgotten, pass_box, profile_option
from edgeagent.cli.known_id import id_in_history
from edgeagent.cli.pin import with_pin
from edgeagent.cli.wording import TranslatedGroup, counted, words
from edgeagent.clock import iso_utc, moment_of_iso
from edgeagent.command_group import emit_json, json_option
from edgeagent.errors import InputError, NoModel
from edgeagent.messages import Viewing, WatchEvent
from edgeagent.messages.fields import MAX_RETENTION_DAYS, AgePolicy
from edgeagent.services.household.app_names import named_app
from edgeagent.store import ViewingSpan
from edgeagent.store.ownership import require_own

__all__ = ["command"]


@click.group(
    name="history",
    cls=TranslatedGroup,
    examples={
        "a film, watched to the end": "edgeagent history add movielens:260 --completed",
        "the last five viewings": "edgeagent history list --limit 5",
        "keep viewings for a month": "edgeagent history retention --days 30",
    },
)
def command() -> None:
    """Add, list or forget viewings; they are kept encrypted and never leave the box."""


@command.command()
@click.argument("entity_id")
@click.option("--at", "watched_on", metavar="TIME", help="When, ISO 8601 UTC.  [default: now]")
@click.option("--progress", "progress_fraction", type=float, help="How much was watched, 0 to 1.")
@click.option("--seconds", "progress_seconds", type=int, help="How much, in seconds, instead.")
@click.option("--completed", is_flag=True, help="Watched to the end.")
@click.option(
    "--age-policy",
    type=click.Choice(get_args(AgePolicy)),
    help="Audience the app states; app:child is never stored.",
)
@profile_option
@json_option
@pass_box
def add(
    box: BoxOptions,
    /,
    *,
    watched_on: str | None,
    named_profile: str | None,
    as_json: bool,
    **event: Any,
) -> None:
    """Record that ENTITY_ID was watched."""
    require_own(box.home)  # whose private sessions are not seen by others
    named = None if watched_on is None else _parse_time(watched_on, name="--at")
    with box.open(writes=True) as agent:
        when = agent.retention.told(named, name="--at")
        profile = agent.household.chosen(named_profile)
        watched = WatchEvent(watched_on=when, profile=profile, **event)
        recorded = agent.record_watch(watched)
    if as_json:
        emit_json(recorded)
    elif recorded.stored:
        click.echo(words("stored {id}, watched {at}", id=watched.entity_id, at=iso_utc(when)))
    elif recorded.ignored_private:
        click.echo(words("not stored: it is, or may be, of a private session"))
    else:
        click.echo(words("not stored: children's viewings never are"))


@command.command(name="list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100_000))
@profile_option
@json_option
@pass_box
def list_(box: BoxOptions, *, limit: int, named_profile: str | None, as_json: bool) -> None:
    """List the latest viewings, newest first."""
    with box.look() as agent:
        profile = agent.household.chosen(named_profile)
        if named_profile is not None:
            agent.household.require(profile)  # one that was removed has nothing to list
        total = agent.history.count(profile)
        viewings = agent.history.latest(profile, limit=limit)
        titles = {}
        for viewing in viewings:
            try:
                title = agent.titles.find(viewing.entity_id)
            except NoModel:
                title = None
            titles[viewing.entity_id] = viewing.entity_id if title is None else title.title
    if as_json:
        emit_json({"profile": profile, "count": total, "viewings": [_told(v) for v in viewings]})
        return
    for viewing in viewings:
        progress = words("completed") if viewing.completed else _progress(viewing.progress_fraction)
        click.echo(f"{iso_utc(viewing.watched_on)}  {titles[viewing.entity_id]}  {progress}")
    click.echo(
        counted(
            "{shown} of {number} viewing of profile {profile}",
            "{shown} of {number} viewings of profile {profile}",
            total,
            shown=len(viewings),
            profile=profile,
        )
    )


@command.command()
@click.argument("entity_id")
@profile_option
@json_option
@pass_box
def forget(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Delete every viewing of ENTITY_ID."""
    with box.open(writes=True) as agent:
        profile = agent.household.chosen(named_profile)
        entity_id = id_in_history(agent, entity_id, profile=profile)
        deleted = agent.title_marks.forget(entity_id, profile=profile)
        reports = called_off(agent)
    if as_json:
        emit_json({"deleted": deleted})
    else:
        click.echo(forgotten(deleted, entity_id))
        click.echo(reports)


@command.command(name="forget-span")
@click.option("--since", metavar="TIME", required=True, help="The first moment, ISO 8601 UTC.")
@click.option("--until", metavar="TIME", help="The first moment after it.  [default: no end]")
@click.option("--only", "entity_id", metavar="ENTITY_ID", help="Only viewings of this title.")
@profile_option
@json_option
@pass_box
def forget_span(
    box: BoxOptions,
    /,
    *,
    since: str,
    until: str | None,
    entity_id: str | None,
    named_profile: str | None,
    as_json: bool,
) -> None:
    """Delete every viewing that began in a span of time; this cannot be undone."""
    span = ViewingSpan(
        since=_parse_time(since, name="--since"),
        until=None if until is None else _parse_time(until, name="--until"),
        entity_id=entity_id,
    )
    with box.open(writes=True) as agent:
        deleted = agent.history.forget(span, profile=agent.household.chosen(named_profile))
        reports = called_off(agent)
    if as_json:
        emit_json({"deleted": deleted})
    else:
        click.echo(counted("deleted {number} viewing", "deleted {number} viewings", deleted))
        click.echo(reports)


@command.command()
@profile_option
@json_option
@pass_box
def apps(box: BoxOptions, *, named_profile: str | None, as_json: bool) -> None:
    """Show what each app told: how many viewings, and when they were.

    It is counted from what is kept; of a private session nothing is. On the unix socket apps are
    told apart by their user, on the WebSocket by a label, where the platform gives one.
    """
    with box.look() as agent:
        profile = agent.household.chosen(named_profile)
        told = agent.history.told(profile)
    if as_json:
        emit_json({"profile": profile, "apps": told})
        return
    for each in told:
        dates = ""
        if each.first_on is not None and each.last_on is not None:
            dates = f"  {iso_utc(each.first_on)[:10]} – {iso_utc(each.last_on)[:10]}"
        number = counted("{number} viewing", "{number} viewings", each.viewings)
        click.echo(f"{_app_in_words(each.app)}: {number}{dates}")
    if not told:
        click.echo(words("no app has told anything of {profile} that is kept", profile=profile))


def _app_in_words(app: str | None) -> str:
    kind, name = named_app(app)
    if kind == "user":
        return words("apps of user {name}", name=name)
    if kind == "label":
        return words("app {name}", name=name)
    return words("apps over the WebSocket") if kind == "websocket" else words("no app")


@command.command()
@click.option(
    "--days", type=click.IntRange(1, MAX_RETENTION_DAYS), help="Keep viewings for fewer days."
)
@click.option("--default", "as_set", is_flag=True, help="Keep them as long as the settings say.")
@json_option
@pass_box
def retention(box: BoxOptions, *, days: int | None, as_set: bool, as_json: bool) -> None:
    """Show for how long viewings are kept, or shorten it; what is older is hidden at once."""
    changes = days is not None or as_set
    with box.open(writes=True) if changes else box.look() as agent:
        retention = agent.retention
        if changes:
            kept = with_pin(lambda pin: retention.choose(days, pin=pin))
        else:
            kept = retention.kept()
    if as_json:
        emit_json(kept)
        return
    click.echo(
        counted(
            "viewings are kept for {number} day; the settings allow {allowed}",
            "viewings are kept for {number} days; the settings allow {allowed}",
            kept.days,
            allowed=kept.allowed_days,
        )
    )
    if kept.lengthened:
        click.echo(
            words(
                "{days} were asked for: that counts once reporting is withdrawn",
                days=kept.asked_days,
            )
        )


def _parse_time(text: str, *, name: str) -> int:
    try:
        return int(moment_of_iso(text))
    except ValueError as error:
        raise InputError(
            f"{name} {text!r} is not a time", hint="write it as 2026-11-24T20:15:00Z"
        ) from error


def _told(viewing: Viewing) -> dict[str, Any]:
    """Return the fields that are known, by name; the message itself travels as an array."""
    fields = asdict(viewing).items()
    return {name: told for name, told in fields if told is not None and told is not False}


def _progress(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction:.0%}"
