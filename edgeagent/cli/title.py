"""``edgeagent title``: find titles; hide, forget or exclude single ones for a profile."""

from __future__ import annotations

import click

from edgeagent.agent import Agent
from edgeagent.cli.box_options import BoxOptions, called_off, forgotten, pass_box, profile_option
from edgeagent.cli.known_id import id_in_catalogue, id_in_history, whole_id
from edgeagent.cli.wording import TranslatedGroup, counted, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option

__all__ = ["command"]

_entity_argument = click.argument("entity_id")


@click.group(
    name="title",
    cls=TranslatedGroup,
    examples={
        "which id it has": "edgeagent title search star wars",
        "never show a title again": "edgeagent title hide movielens:260",
        "what is hidden, or no reason": "edgeagent title list",
    },
)
def command() -> None:
    """Find titles; hide, forget or exclude single ones, for one profile.

    The beginning of an id is enough where only one begins so.
    """


@command.command()
@click.argument("words_of_title", nargs=-1, required=True, metavar="WORD...")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@profile_option
@json_option
@pass_box
def search(
    box: BoxOptions,
    *,
    words_of_title: tuple[str, ...],
    limit: int,
    named_profile: str | None,
    as_json: bool,
) -> None:
    """Find titles of the catalogue by words, or parts of words, of their name.

    What is above the profile's age limit is not found.
    """
    with box.look() as agent:
        most = agent.household.max_age_rating(agent.household.chosen(named_profile))
        found = agent.titles.search(" ".join(words_of_title), max_age_rating=most)
    if as_json:
        emit_json({"count": len(found), "titles": found[:limit]})
        return
    for title in found[:limit]:
        year = f" ({title.year})" if title.year else ""
        click.secho(f"{title.title}{year}", bold=True, nl=False)
        click.echo(f"  {', '.join(title.genres)}  [{title.entity_id}]")
    click.echo(
        counted(
            "{shown} of {number} title",
            "{shown} of {number} titles",
            len(found),
            shown=len(found[:limit]),
        )
    )


@command.command()
@_entity_argument
@profile_option
@json_option
@pass_box
def hide(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Never show ENTITY_ID again ("not interested"); it carries no weight either."""
    with box.open(writes=True) as agent:
        entity_id = id_in_catalogue(agent, entity_id)
        agent.title_marks.hide(entity_id, profile=agent.household.chosen(named_profile))
    _say(
        {"hidden": True},
        words("{id} is hidden; undo it with unhide", id=entity_id),
        as_json=as_json,
    )


@command.command()
@_entity_argument
@profile_option
@json_option
@pass_box
def unhide(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Show ENTITY_ID again."""
    with box.open(writes=True) as agent:
        profile = agent.household.chosen(named_profile)
        entity_id = _marked(agent, entity_id, profile=profile)
        was = agent.title_marks.unhide(entity_id, profile=profile)
    if was:
        said = words("{id} may be shown again", id=entity_id)
    else:
        said = words("{id} was not hidden", id=entity_id)
    _say({"was_hidden": was}, said, as_json=as_json)


@command.command()
@_entity_argument
@profile_option
@json_option
@pass_box
def exclude(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Do not use ENTITY_ID as a reason: its viewings stay, without weight."""
    with box.open(writes=True) as agent:
        entity_id = id_in_catalogue(agent, entity_id)
        agent.title_marks.exclude(entity_id, profile=agent.household.chosen(named_profile))
    _say(
        {"excluded": True},
        words("{id} is no reason; undo it with include", id=entity_id),
        as_json=as_json,
    )


@command.command()
@_entity_argument
@profile_option
@json_option
@pass_box
def include(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Use ENTITY_ID as a reason again."""
    with box.open(writes=True) as agent:
        profile = agent.household.chosen(named_profile)
        entity_id = _marked(agent, entity_id, profile=profile)
        was = agent.title_marks.include(entity_id, profile=profile)
    if was:
        said = words("{id} may be a reason again", id=entity_id)
    else:
        said = words("{id} was not excluded", id=entity_id)
    _say({"was_excluded": was}, said, as_json=as_json)


@command.command()
@_entity_argument
@profile_option
@json_option
@pass_box
def forget(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Delete every viewing of ENTITY_ID; this cannot be undone."""
    with box.open(writes=True) as agent:
        profile = agent.household.chosen(named_profile)
        entity_id = id_in_history(agent, entity_id, profile=profile)
        deleted = agent.title_marks.forget(entity_id, profile=profile)
        reports = called_off(agent)
    _say({"deleted": deleted}, f"{forgotten(deleted, entity_id)}\n{reports}", as_json=as_json)


@command.command(name="list")
@profile_option
@json_option
@pass_box
def list_(box: BoxOptions, *, named_profile: str | None, as_json: bool) -> None:
    """List the titles that are hidden or excluded."""
    with box.look() as agent:
        profile = agent.household.chosen(named_profile)
        marks = agent.title_marks.marked(profile=profile)
    if as_json:
        emit_json({"profile": profile, "marks": marks})
        return
    kinds = {"hidden": words("hidden"), "not_reason": words("excluded")}
    width = max(map(len, kinds.values()))
    for mark in marks:
        click.echo(f"{iso_utc(mark.marked_at)}  {kinds[mark.mark]:{width}}  {mark.entity_id}")
    click.echo(
        counted(
            "{number} hidden or excluded title of profile {profile}",
            "{number} hidden or excluded titles of profile {profile}",
            len(marks),
            profile=profile,
        )
    )


def _marked(agent: Agent, typed: str, *, profile: str) -> str:
    return whole_id(typed, (mark.entity_id for mark in agent.title_marks.marked(profile=profile)))


def _say(value: object, text: str, *, as_json: bool) -> None:
    if as_json:
        emit_json(value)
    else:
        click.echo(text)
