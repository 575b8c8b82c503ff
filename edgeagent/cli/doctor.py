"""``edgeagent doctor``: is this box well, and what is to be done."""

from __future__ import annotations

import sys

import click

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.wording import TranslatedCommand, words
from edgeagent.clock import SystemClock
from edgeagent.command_group import emit_json, json_option
from edgeagent.errors import StorageError
from edgeagent.randomness import SystemRandomSource
from edgeagent.services.upkeep.doctor import Doctor

__all__ = ["command"]

_COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}


@click.command(
    name="doctor",
    cls=TranslatedCommand,
    examples={
        "is this box well?": "edgeagent doctor",
    },
)
@click.option(
    "--repair",
    is_flag=True,
    help="Set a history that is damaged, or was put back, aside and begin a new one.",
)
@click.option("--accept", is_flag=True, help="Keep a history that was put back, as it is.")
@json_option
@pass_box
def command(box: BoxOptions, *, repair: bool, accept: bool, as_json: bool) -> None:
    """Examine databases, keys, space, clock, budget, updates, files and what protects children."""
    box.require_no_other()
    doctor = Doctor(box.home, config=box.config(), clock=SystemClock(), random=SystemRandomSource())
    if accept:
        doctor.accept()
    set_aside = doctor.repair() if repair else None
    findings = doctor.examine()
    failed = [finding for finding in findings if finding.status == "failed"]
    if as_json:
        emit_json(
            {
                "healthy": not failed,
                "set_aside": None if set_aside is None else str(set_aside),
                "findings": findings,
            }
        )
    else:
        if set_aside is not None:
            click.echo(
                words("the history lies in {name}; a new one has begun", name=set_aside.name)
            )
        for finding in findings:
            click.secho(f"{finding.status:9}", fg=_COLOURS[finding.status], nl=False)
            click.echo(f"{finding.name}: {finding.message}")
            if finding.hint:
                click.echo(f"         try: {finding.hint}")
    if failed:
        sys.exit(StorageError.exit_code)
