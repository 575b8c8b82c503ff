"""``edgeagent disclosures``: everything that left this box, byte for byte."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.known_id import whole_id
from edgeagent.cli.readings import reading_lines
from edgeagent.cli.wording import TranslatedGroup, counted, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_document, emit_json, json_option
from edgeagent.command_output import STDOUT, OutputFile
from edgeagent.errors import InputError, LedgerBroken, OutputError
from edgeagent.privacy.accounting import epsilon
from edgeagent.services.reports.disclosure_log import disclosed

__all__ = ["command"]


@click.group(
    name="disclosures",
    cls=TranslatedGroup,
    examples={
        "all that ever left": "edgeagent disclosures list",
        "the same, byte for byte": "edgeagent disclosures export reports.json",
    },
)
def command() -> None:
    """What was drawn for sending, when it left, to whom, and what it cost."""


@command.command(name="list")
@json_option
@pass_box
def list_(box: BoxOptions, *, as_json: bool) -> None:
    """List all reports, oldest first."""
    with box.look() as agent:
        disclosures = agent.disclosures()
    if as_json:
        emit_json({"disclosures": [disclosed(item) for item in disclosures]})
        return
    for item in disclosures:
        click.echo(
            words(
                "{at}  week {week}  {outcome:9}  {size} bytes  epsilon {epsilon:.2f}  {id}",
                at=iso_utc(item.drawn_at),
                week=item.week,
                outcome=item.outcome or "waiting",
                size=len(item.body),
                epsilon=epsilon(item.odds),
                id=item.report_id,
            )
        )
    click.echo(counted("{number} report", "{number} reports", len(disclosures)))


@command.command()
@click.argument("report_id")
@json_option
@pass_box
def show(box: BoxOptions, *, report_id: str, as_json: bool) -> None:
    """Show one report as it left, and what a reader could conclude.

    The beginning of an id is enough where only one begins so.
    """
    with box.look() as agent:
        disclosures = agent.disclosures()
        report_id = whole_id(report_id, (item.report_id for item in disclosures))
        found = [item for item in disclosures if item.report_id == report_id]
        reading = [line for item in found for line in reading_lines(agent, item)]
    if not found:
        raise InputError(
            f"no report {report_id!r} in this box", hint="edgeagent disclosures list shows the ids"
        )
    if as_json:
        emit_json(disclosed(found[0]))
        return
    for name, value in asdict(disclosed(found[0])).items():
        click.echo(f"{name:12} {value}")
    for line in reading:
        click.echo(line)


@command.command()
@json_option
@pass_box
def verify(box: BoxOptions, *, as_json: bool) -> None:
    """Verify chain, anchor, bodies and budget; says what is wrong, with exit code 5."""
    with box.look() as agent:
        found = agent.reports.verify_disclosures()
    if as_json:
        emit_json(found)
    elif found.ok:
        click.echo(
            counted(
                "{number} report holds; length of the chain: {rows}, head {head}",
                "{number} reports hold; length of the chain: {rows}, head {head}",
                found.reports,
                rows=found.chain_rows,
                head=found.chain_head,
            )
        )
    for problem in found.problems:
        click.echo(f"error: {problem}", err=True)
    if not found.ok:
        sys.exit(LedgerBroken.exit_code)


@command.command()
@click.argument("path", required=False, type=OutputFile(or_stdout=True), metavar="[FILE]")
@pass_box
def export(box: BoxOptions, *, path: Path | None) -> None:
    """Write the whole log as JSON to FILE or stdout: every byte that left, none that did not."""
    with box.look() as agent:
        data = msgspec.json.encode(agent.reports.export_disclosures())
    if path in {None, STDOUT}:
        emit_document(data.decode() + "\n")
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}", hint="name a file you may write"
        ) from error
    click.echo(words("wrote {path}: {size} bytes", path=path, size=len(data)))
