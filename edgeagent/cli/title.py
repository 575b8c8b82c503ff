"""``edgeagent title``: hide, forget or exclude single titles for a profile."""

from __future__ import annotations

import click

from edgeagent.cli.box_options import BoxOptions, called_off, forgotten, pass_box, profile_option
from edgeagent.cli.wording import TranslatedGroup, counted, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option

__all__ = ["command"]

_entity_argument = click.argument("entity_id")


@click.group(
    name="title",
    cls=TranslatedGroup,
    examples={
        "never show a title again": "edgeagent title hide movielens:260",
        "what is hidden, or no reason": "edgeagent title list",
    },
)
def command() -> None:
    """Hide, forget or exclude single titles, for one profile."""


@command.command()
@_entity_argument
@profile_option
@json_option
@pass_box
def hide(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Never show ENTITY_ID again ("not interested"); it carries no weight either."""
    with box.open(writes=True) as agent:
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
        was = agent.title_marks.unhide(entity_id, profile=agent.household.chosen(named_profile))
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
        was = agent.title_marks.include(entity_id, profile=agent.household.chosen(named_profile))
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
        deleted = agent.title_marks.forget(entity_id, profile=agent.household.chosen(named_profile))
        reports = called_off(agent)
    _say({"deleted": deleted}, f"{forgotten(deleted, entity_id)}\n{reports}", as_json=as_json)


@command.command(name="list")
@profile_option
@json_option
@pass_box
def list_(box: BoxOptions, *, named_profile: str | None, as_json: bool) -> None:
    """List the titles that are hidden or excluded."""
    with box.open() as agent:
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
            "{number} mark of profile {profile}",
            "{number} marks of profile {profile}",
            len(marks),
            profile=profile,
        )
    )


def _say(value: object, text: str, *, as_json: bool) -> None:
    if as_json:
        emit_json(value)
    else:
        click.echo(text)
