"""``edgeagent title``: what a profile says about single titles."""

from __future__ import annotations

import click

from edgeagent.cli.box_options import BoxOptions, called_off, pass_box, profile_option
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option

__all__ = ["command"]

_entity_argument = click.argument("entity_id")
_IN_WORDS = {"hidden": "hidden", "not_reason": "excluded"}


@click.group(name="title")
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
    _say({"hidden": True}, f"{entity_id} is hidden; undo it with unhide", as_json=as_json)


@command.command()
@_entity_argument
@profile_option
@json_option
@pass_box
def unhide(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Show ENTITY_ID again."""
    with box.open(writes=True) as agent:
        was = agent.title_marks.unhide(entity_id, profile=agent.household.chosen(named_profile))
    said = f"{entity_id} may be shown again" if was else f"{entity_id} was not hidden"
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
    _say({"excluded": True}, f"{entity_id} is no reason; undo it with include", as_json=as_json)


@command.command()
@_entity_argument
@profile_option
@json_option
@pass_box
def include(box: BoxOptions, *, entity_id: str, named_profile: str | None, as_json: bool) -> None:
    """Use ENTITY_ID as a reason again."""
    with box.open(writes=True) as agent:
        was = agent.title_marks.include(entity_id, profile=agent.household.chosen(named_profile))
    said = f"{entity_id} may be a reason again" if was else f"{entity_id} was not excluded"
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
    said = f"deleted {deleted} viewings of {entity_id}\n{reports}"
    _say({"deleted": deleted}, said, as_json=as_json)


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
    for mark in marks:
        click.echo(f"{iso_utc(mark.marked_at)}  {_IN_WORDS[mark.mark]:8}  {mark.entity_id}")
    click.echo(f"{len(marks)} marks of profile {profile}")


def _say(value: object, text: str, *, as_json: bool) -> None:
    if as_json:
        emit_json(value)
    else:
        click.echo(text)
