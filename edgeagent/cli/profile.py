"""``edgeagent profile``: the people of the household."""

from __future__ import annotations

import click

from edgeagent.cli.box_options import BoxOptions, called_off, pass_box, yes_option
from edgeagent.cli.pin import with_pin
from edgeagent.cli.profile_lock import command as lock
from edgeagent.cli.wording import TranslatedGroup, counted, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option
from edgeagent.errors import InputError
from edgeagent.messages.fields import MAIN_PROFILE, UNKNOWN_AGE
from edgeagent.store import ProfileKind

__all__ = ["command"]

_name_argument = click.argument("name")


@click.group(
    name="profile",
    cls=TranslatedGroup,
    examples={
        "a history of her own for Anna": "edgeagent profile create anna",
        "what is watched from now on is hers": "edgeagent profile switch anna",
    },
)
def command() -> None:
    """The people of the household, each with a history, taste and consent of its own."""


command.add_command(lock)


@command.command(name="list")
@json_option
@pass_box
def list_(box: BoxOptions, *, as_json: bool) -> None:
    """List the profiles; an asterisk marks the active one."""
    with box.look() as agent:
        active, profiles = agent.household.active, agent.household.profiles()
    if as_json:
        emit_json({"active": active, "profiles": profiles})
        return
    for profile in profiles:
        since = ""
        if profile.created_at:
            since = words("since {day}", day=iso_utc(profile.created_at)[:10])
        mark = "*" if profile.name == active else " "
        limit = ""
        if profile.age_limit is not None:
            limit = words("age limit {years}", years=profile.age_limit)
        known = (profile.name, profile.kind, since, limit)
        click.echo(f"{mark} {'  '.join(filter(None, known))}")


@command.command()
@_name_argument
@click.option(
    "--kind",
    type=click.Choice(["adult", "teen", "kid"]),
    default="adult",
    show_default=True,
    help="Of a kid, and of a teen unless the settings say so, nothing is ever stored.",
)
@json_option
@pass_box
def create(box: BoxOptions, *, name: str, kind: ProfileKind, as_json: bool) -> None:
    """Create a profile; nothing is granted for it."""
    with box.open(writes=True) as agent:
        profile = agent.household.create(name, kind=kind)
    if as_json:
        emit_json(profile)
    else:
        click.echo(words("created {name} ({kind})", name=profile.name, kind=profile.kind))


@command.command()
@_name_argument
@click.argument("new_name")
@json_option
@pass_box
def rename(box: BoxOptions, *, name: str, new_name: str, as_json: bool) -> None:
    """Rename a profile; its history, hidden titles and consents go with it."""
    with box.open(writes=True) as agent:
        profile = agent.household.rename(name, new_name)
    if as_json:
        emit_json(profile)
    else:
        click.echo(
            words(
                "renamed {name} to {new}; its decisions stay in force", name=name, new=profile.name
            )
        )


@command.command(name="age-limit")
@_name_argument
@click.option("--years", type=click.IntRange(0, UNKNOWN_AGE - 1), help="The highest age rating.")
@click.option("--none", "lifts", is_flag=True, help="No limit but that of the profile's kind.")
@json_option
@pass_box
def age_limit(box: BoxOptions, *, name: str, years: int | None, lifts: bool, as_json: bool) -> None:
    """Show or set up to which age rating a profile is recommended and shown anything.

    What has a higher rating, or one that cannot be read, is left out.
    """
    if years is not None and lifts:
        raise click.UsageError(words("--years and --none exclude each other"))
    changes = years is not None or lifts
    with box.open(writes=True) if changes else box.look() as agent:
        household = agent.household
        household.require(name)
        if changes:
            with_pin(lambda pin: household.set_age_limit(name, years, pin=pin))
        profile = next(one for one in household.profiles() if one.name == name)
    if as_json:
        emit_json(profile)
    elif profile.age_limit is None:
        click.echo(words("{name} has no age limit of its own", name=name))
    else:
        click.echo(
            words(
                "{name} is shown what is rated {years} or lower", name=name, years=profile.age_limit
            )
        )


@command.command()
@_name_argument
@json_option
@pass_box
def switch(box: BoxOptions, *, name: str, as_json: bool) -> None:
    """Make a profile the active one; a private session ends."""
    with box.open(writes=True) as agent:
        profile = with_pin(lambda pin: agent.household.switch(name, pin=pin))
    if as_json:
        emit_json(profile)
    else:
        click.echo(words("{name} is watching", name=profile.name))


@command.command()
@_name_argument
@yes_option
@json_option
@pass_box
def remove(box: BoxOptions, *, name: str, yes: bool, as_json: bool) -> None:
    """Remove a profile with everything of it, and withdraw its consents."""
    if name == MAIN_PROFILE:
        raise InputError(
            f"profile {MAIN_PROFILE!r} cannot be removed",
            hint=f"empty it: edgeagent erase --scope profile --profile {MAIN_PROFILE}",
        )
    with box.open(writes=True) as agent:
        agent.household.require(name)  # nobody is asked about what there is not
        if not yes:
            question = counted(
                "Remove {name} with {number} viewing?",
                "Remove {name} with {number} viewings?",
                agent.history.count(name),
                name=name,
            )
            click.confirm(question, abort=True, err=True)
        receipt = with_pin(lambda pin: agent.erasure.erase_profile(name, pin=pin))
        reports = called_off(agent, withdraws=True)
    if as_json:
        emit_json(receipt)
    else:
        click.echo(words("removed {name} with everything of it", name=name))
        click.echo(reports)
