"""``edgeagent disclosures``: everything that left this box, byte for byte."""

from __future__ import annotations

import click

from edgeagent.cli.door import Box, emit_json, json_option, pass_box
from edgeagent.clock import iso_utc
from edgeagent.errors import InputError
from edgeagent.privacy.accounting import epsilon
from edgeagent.store import Disclosure

__all__ = ["command"]


@click.group(name="disclosures")
def command() -> None:
    """What was drawn for sending, when it left, to whom, and what it cost."""


@command.command(name="list")
@json_option
@pass_box
def list_(box: Box, *, as_json: bool) -> None:
    """List all reports, oldest first."""
    with box.open() as agent:
        disclosures = agent.disclosures()
    if as_json:
        emit_json({"disclosures": [_plain(item) for item in disclosures]})
        return
    for item in disclosures:
        click.echo(
            f"{iso_utc(item.drawn_at)}  week {item.week}  {item.outcome or 'waiting':9}  "
            f"{len(item.body)} bytes  epsilon {epsilon(item.odds):.2f}  {item.report_id}"
        )
    click.echo(f"{len(disclosures)} reports")


@command.command()
@click.argument("report_id")
@json_option
@pass_box
def show(box: Box, *, report_id: str, as_json: bool) -> None:
    """Show one report as it left, and what a reader could conclude."""
    with box.open() as agent:
        found = [item for item in agent.disclosures() if item.report_id == report_id]
    if not found:
        raise InputError(
            f"no report {report_id!r} in this box", hint="edgeagent disclosures list shows the ids"
        )
    if as_json:
        emit_json(_plain(found[0]))
        return
    for name, value in _plain(found[0]).items():
        click.echo(f"{name:12} {value}")


def _plain(item: Disclosure) -> dict[str, object]:
    return {
        "report_id": item.report_id,
        "week": item.week,
        "task": item.task,
        "recipient": item.recipient,
        "drawn_at": iso_utc(item.drawn_at),
        "due_at": iso_utc(item.due_at),
        "settled_at": iso_utc(item.settled_at) if item.settled_at is not None else None,
        "outcome": item.outcome,
        "epsilon": epsilon(item.odds),
        "meaning": item.meaning,
        "body": item.body.decode(),
    }
