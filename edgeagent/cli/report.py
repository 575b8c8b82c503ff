"""``edgeagent report``: close the reporting week, preview, send what is due, show the budget."""

from __future__ import annotations

import click

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option

__all__ = ["command"]


@click.group(name="report")
def command() -> None:
    """Reports: one noisy answer in 13 weeks, booked before it leaves."""


@command.command()
@json_option
@pass_box
def close(box: BoxOptions, *, as_json: bool) -> None:
    """Close the latest ended reporting week; draws at most one report, ever, for a week.

    A draw takes a minute, whatever was watched; interrupted, the week counts as "none".
    """
    with box.open() as agent:
        closing = agent.close_week()
    if as_json:
        emit_json(closing)
    elif closing.outcome == "silent":
        click.echo(f"no report: {closing.reason}")
    else:
        click.echo(f"{closing.outcome}: week {closing.week}")


@command.command()
@json_option
@pass_box
def send(box: BoxOptions, *, as_json: bool) -> None:
    """Send the reports that are due."""
    with box.open() as agent:
        sendings = agent.send_reports()
        waiting = agent.reports.waiting()
    if as_json:
        emit_json({"sent": sendings, "waiting": waiting})
        return
    for sending in sendings:
        click.echo(f"week {sending.week}: {sending.outcome} ({sending.detail})")
    click.echo(f"{waiting} waiting")


@command.command()
@json_option
@pass_box
def preview(box: BoxOptions, *, as_json: bool) -> None:
    """Show what a report on the last week would look like; its noise is never sent.

    For the owner of the home only, and one draw a week: asking again shows the same.
    """
    with box.open() as agent:
        found = agent.reports.preview()
    if as_json:
        emit_json(found)
        return
    shown = found.report
    click.secho("PREVIEW", bold=True, nl=False)
    click.echo(f"  week {shown.week}, task {shown.task}")
    for name, count in zip(found.categories, shown.counts, strict=True):
        if count:
            click.echo(f"  {count:4}  {name}")
    click.echo(shown.note)


@command.command()
@json_option
@pass_box
def budget(box: BoxOptions, *, as_json: bool) -> None:
    """Show what was spent of the privacy budget."""
    with box.open() as agent:
        found = agent.reports.balance()
    if as_json:
        emit_json(found)
        return
    moving = "" if found.silence_has_begun else " at the earliest: the time is not known yet"
    click.echo(
        f"{found.reports} reports drawn; silent before {iso_utc(found.silent_until)[:10]}{moving}"
    )
    click.echo(
        f"spent in the last 52 weeks: epsilon {found.epsilon_spent:.2f} of at most "
        f"{found.epsilon_limit:.2f}"
    )
