"""``edgeagent promo``: promos and ads, chosen on this box, and how to stop them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from edgeagent.cli.box_options import BoxOptions, pass_box, profile_option
from edgeagent.cli.wording import TranslatedCommand, TranslatedGroup, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option
from edgeagent.consent import Purpose
from edgeagent.messages.creatives import Creative
from edgeagent.promotion.context import OnScreen
from edgeagent.promotion.eligibility import Ineligible
from edgeagent.promotion.limits import MOST_AT_ONCE, MOST_LIKELIHOOD_RATIO
from edgeagent.promotion.variants import is_variant
from edgeagent.services.promotions.answers import CreativeReason
from edgeagent.store import CreativeMark

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])


@click.group(
    name="promo",
    cls=TranslatedGroup,
    examples={
        "what the place 'home' shows": "edgeagent promo choose home",
        "nothing from this advertiser": "edgeagent promo hide --advertiser acme",
    },
)
def command() -> None:
    """Promos and ads: chosen on this box, and nobody is told which.

    Without the purpose 'promotion' no taste is used and nothing is kept.
    """


@command.command()
@click.argument("placement")
@click.option("--number", default=1, show_default=True, type=click.IntRange(1, MOST_AT_ONCE))
@click.option(
    "--on-screen", metavar="ENTITY_ID", help="The title that is on; used where no taste may be."
)
@click.option("--genre", help="Its genre, where the title is not in the catalogue.")
@profile_option
@json_option
@pass_box
def choose(
    box: BoxOptions,
    *,
    placement: str,
    number: int,
    on_screen: str | None,
    genre: str | None,
    named_profile: str | None,
    as_json: bool,
) -> None:
    """Choose what PLACEMENT holds; the answer stays the same for a quarter of a day."""
    with box.look() as agent:
        profile = agent.household.chosen(named_profile)
        chosen = agent.promotions.choose(
            placement,
            number=number,
            profile=profile,
            on_screen=OnScreen(entity_id=on_screen, genre=genre),
        )
    if as_json:
        emit_json({"placement": placement, "creatives": chosen})
        return
    hows = {
        "taste": words("by taste"),
        "context": words("by what is on"),
        "chance": words("by chance"),
    }
    for item in chosen:
        _print_creative(item.creative, hows[item.by])
        click.echo(f"     {item.file}")
    if not chosen:
        click.echo(words("nothing may be shown there now: edgeagent promo list"))


@command.command()
@click.argument("crid")
@profile_option
@json_option
@pass_box
def shown(box: BoxOptions, *, crid: str, named_profile: str | None, as_json: bool) -> None:
    """Confirm that the creative CRID was on the screen; it counts for its caps from then on."""
    with box.open(writes=True) as agent:
        agent.promotions.shown(crid, profile=agent.household.chosen(named_profile))
    _say({"shown": crid}, words("{crid} was shown", crid=crid), as_json=as_json)


@command.command(name="list")
@profile_option
@json_option
@pass_box
def list_(box: BoxOptions, *, named_profile: str | None, as_json: bool) -> None:
    """List all creatives on this box, what was shown, and what is hidden."""
    with box.look() as agent:
        profile = agent.household.chosen(named_profile)
        creatives = agent.promotions.listed(profile=profile)
        hidden = agent.promotions.hidden(profile=profile)
        log = agent.promotions.log(profile=profile)
    if as_json:
        emit_json({"profile": profile, "creatives": creatives, "shown": log, "hidden": hidden})
        return
    for item in creatives:
        _print_creative(item.creative, _state(item.why_not))
    if not creatives:
        click.echo(
            words("this box has no creatives; they come with updates: edgeagent model update")
        )
    for mark in hidden:
        click.echo(
            words(
                "hidden since {time}: {kind} {name}",
                time=iso_utc(mark.marked_at),
                kind=mark.kind,
                name=mark.name,
            )
        )


@command.command()
@click.argument("crid")
@profile_option
@json_option
@pass_box
def why(box: BoxOptions, *, crid: str, named_profile: str | None, as_json: bool) -> None:
    """Say why the creative CRID may be shown, and how to stop it."""
    with box.look() as agent:
        profile = agent.household.chosen(named_profile)
        reason = agent.promotions.why(crid, profile=profile)
        states = agent.consent(profile)
    if as_json:
        emit_json(reason)
        return
    granted = any(one.purpose == Purpose.PROMOTION and one.granted for one in states)
    _print_reason(reason, granted=granted)


def _named(function: F) -> F:
    """Add the argument and options of what is hidden."""
    for decorate in (
        json_option,
        profile_option,
        click.option("--category", "what", flag_value="category", help="NAME is a category's."),
        click.option(
            "--advertiser", "what", flag_value="advertiser", help="NAME is an advertiser's."
        ),
        click.option(
            "--creative",
            "what",
            flag_value="creative",
            default=True,
            help="NAME is a CRID.  [default]",
        ),
        click.argument("name"),
    ):
        function = decorate(function)
    return function


@command.command(cls=TranslatedCommand)
@_named
@pass_box
def hide(
    box: BoxOptions, *, name: str, what: CreativeMark, named_profile: str | None, as_json: bool
) -> None:
    """Never show the creative, advertiser or category NAME again."""
    with box.open(writes=True) as agent:
        agent.promotions.hide(what, name, profile=agent.household.chosen(named_profile))
    said = words("{name} is not shown again; undo it with unhide", name=name)
    _say({"hidden": name}, said, as_json=as_json)


@command.command(cls=TranslatedCommand)
@_named
@pass_box
def unhide(
    box: BoxOptions, *, name: str, what: CreativeMark, named_profile: str | None, as_json: bool
) -> None:
    """Show the creative, advertiser or category NAME again."""
    with box.open(writes=True) as agent:
        profile = agent.household.chosen(named_profile)
        was = agent.promotions.unhide(what, name, profile=profile)
    said = (
        words("{name} may be shown again", name=name)
        if was
        else words("{name} was not hidden", name=name)
    )
    _say({"was_hidden": was}, said, as_json=as_json)


def _print_creative(creative: Creative, state: str) -> None:
    click.secho(f"{creative.title}", bold=True, nl=False)
    click.echo(f"  {creative.advertiser}, {creative.cat}  [{creative.crid}]  {state}")


def _state(why_not: Ineligible | None) -> str:
    reasons = {
        None: words("may be shown"),
        "placement": words("for another placement"),
        "time": words("not now"),
        "daypart": words("at another time of day"),
        "language": words("in another language"),
        "age": words("for older people"),
        "house_only": words("not on a kid's profile"),
        "hidden": words("hidden"),
        "no_file": words("not fetched yet"),
        "cap": words("shown often enough"),
    }
    return reasons[why_not]


def _print_reason(reason: CreativeReason, *, granted: bool) -> None:
    creative = reason.creative
    if reason.segments:
        names = ", ".join(f"{each.label.name} ({each.probability:.0%})" for each in reason.segments)
        click.echo(words("Because this box sees you among: {segments}", segments=names))
        if reason.titles:
            click.echo(words("  from what you watched: {titles}", titles=", ".join(reason.titles)))
    click.echo(_part_of_taste(reason))
    if reason.why_not is not None:
        click.echo(words("How it stands here: {state}.", state=_state(reason.why_not)))
    if creative.code is not None:
        click.echo(
            words(
                "Nobody is told that it was shown. A viewer who uses the code {code} says so "
                "himself.",
                code=creative.code,
            )
        )
    else:
        click.echo(words("Nobody is told that it was shown."))
    if reason.why_not != "hidden":
        click.echo(_way_to_stop(reason, granted=granted))


def _way_to_stop(reason: CreativeReason, *, granted: bool) -> str:
    names = {"crid": reason.creative.crid, "advertiser": reason.creative.advertiser}
    if not granted:
        return words(
            "To stop it: edgeagent promo hide {crid}, or edgeagent promo hide --advertiser "
            "{advertiser}",
            **names,
        )
    return words(
        "To stop it: edgeagent promo hide {crid}, or edgeagent promo hide --advertiser "
        "{advertiser}, or edgeagent consent withdraw promotion",
        **names,
    )


def _part_of_taste(reason: CreativeReason) -> str:
    if is_variant(reason.creative):
        return (
            words("It may stand for its title where that is recommended.")
            if reason.segments
            else words("Where its title is recommended you see the standard artwork.")
        )
    if not reason.segments and reason.why_not is not None:
        return words("Taste has no part in it.")
    if not reason.segments:
        return words("Taste has no part in it: it fits the place and the time.")
    return words(
        "In places drawn by taste it weighs {factor:.1f} times as much as for everybody. "
        "Half of the places are drawn by chance, so that what you see says little about "
        "you: it is at most {most:.0f} times as likely for one taste as for another.",
        factor=reason.factor,
        most=MOST_LIKELIHOOD_RATIO,
    )


def _say(value: object, text: str, *, as_json: bool) -> None:
    if as_json:
        emit_json(value)
    else:
        click.echo(text)
