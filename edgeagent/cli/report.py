"""``edgeagent report``: close the reporting week, preview, send what is due, show the budget."""

from __future__ import annotations

import click

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.wording import TranslatedGroup, counted, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option

__all__ = ["command"]


@click.group(
    name="report",
    cls=TranslatedGroup,
    examples={
        "what a report would look like": "edgeagent report preview",
        "what of the privacy budget is left": "edgeagent report budget",
    },
)
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
        click.echo(words("no report: {reason}", reason=closing.reason))
    else:
        click.echo(words("{outcome}: week {week}", outcome=closing.outcome, week=closing.week))


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
        click.echo(
            words(
                "week {week}: {outcome} ({detail})",
                week=sending.week,
                outcome=sending.outcome,
                detail=sending.detail,
            )
        )
    click.echo(words("{number} waiting", number=waiting))


@command.command()
@json_option
@pass_box
def preview(box: BoxOptions, *, as_json: bool) -> None:
    """Show what a report on the last week would look like; its noise is never sent.

    For the owner of the home only, and one draw a week: asking again shows the same.
    """
    with box.look() as agent:
        found = agent.reports.preview()
    if as_json:
        emit_json(found)
        return
    shown = found.report
    click.secho(words("PREVIEW"), bold=True, nl=False)
    click.echo("  " + words("week {week}, task {task}", week=shown.week, task=shown.task))
    for name, count in zip(found.categories, shown.counts, strict=True):
        if count:
            click.echo(f"  {count:4}  {name}")
    click.echo(shown.note)


@command.command()
@json_option
@pass_box
def budget(box: BoxOptions, *, as_json: bool) -> None:
    """Show what was spent of the privacy budget."""
    with box.look() as agent:
        found = agent.reports.balance()
        is_stopped = agent.installation().task_is_stopped
    if as_json:
        emit_json(found)
        return
    day = iso_utc(found.silent_until)[:10]
    if found.silence_has_begun:
        silent = words("silent before {day}", day=day)
    else:
        silent = words("silent before {day} at the earliest: the time is not known yet", day=day)
    drawn = counted("{number} report drawn", "{number} reports drawn", found.reports)
    click.echo(f"{drawn}; {silent}")
    click.echo(
        words(
            "spent in the last 52 weeks: epsilon {spent:.2f} of at most {limit:.2f}",
            spent=found.epsilon_spent,
            limit=found.epsilon_limit,
        )
    )
    if is_stopped:
        click.echo(words("the report task was stopped by its publisher: nothing is drawn or sent"))
