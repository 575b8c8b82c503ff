"""``edgeagent consent``: what is allowed, for what, since when."""

from __future__ import annotations

import click

from edgeagent.cli.door import Box, emit_json, json_option, pass_box, profile_option
from edgeagent.clock import iso_utc
from edgeagent.config import load_config
from edgeagent.consent import Purpose
from edgeagent.notices import load_notice

__all__ = ["command"]

_purpose_argument = click.argument(
    "purposes", nargs=-1, required=True, type=click.Choice([p.value for p in Purpose])
)


@click.group(name="consent")
def command() -> None:
    """Show, grant or withdraw consent, purpose by purpose; all are off until granted."""


@command.command()
@profile_option
@json_option
@pass_box
def show(box: Box, *, profile: str, as_json: bool) -> None:
    """Show each purpose, what it means, and how it stands."""
    with box.open() as agent:
        states = agent.consent(profile)
    if as_json:
        emit_json({"profile": profile, "purposes": states})
        return
    notice = load_notice(load_config(box.home, box.config_file).language)
    for state in states:
        text = notice.purposes[state.purpose]
        mark = "on " if state.granted else "off"
        click.secho(f"[{mark}] {state.purpose}: {text.title}", bold=True)
        click.echo(f"      {text.text}")
        if state.since is not None and state.expires_at is not None:
            click.echo(f"      since {iso_utc(state.since)}, until {iso_utc(state.expires_at)}")
        else:
            click.echo(f"      {state.reason}")


@command.command()
@_purpose_argument
@profile_option
@json_option
@pass_box
def grant(box: Box, *, purposes: tuple[str, ...], profile: str, as_json: bool) -> None:
    """Allow one or more purposes."""
    with box.open() as agent:
        records = [agent.grant(Purpose(purpose), profile=profile) for purpose in purposes]
    if as_json:
        emit_json({"records": records})
        return
    for record in records:
        click.echo(f"granted {record.purpose} for {profile}, until {iso_utc(record.expires_at)}")


@command.command()
@_purpose_argument
@profile_option
@json_option
@pass_box
def withdraw(box: Box, *, purposes: tuple[str, ...], profile: str, as_json: bool) -> None:
    """Withdraw one or more purposes; what rested on them is gone when this returns."""
    with box.open() as agent:
        records = [agent.withdraw(Purpose(purpose), profile=profile) for purpose in purposes]
    if as_json:
        emit_json({"records": records})
        return
    for record in records:
        click.echo(f"withdrew {record.purpose} for {profile}")
