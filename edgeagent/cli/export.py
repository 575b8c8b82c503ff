"""``edgeagent export``: everything this box keeps, in one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.wording import TranslatedCommand, words
from edgeagent.command_group import emit_document, emit_json, json_option
from edgeagent.command_output import STDOUT, OutputFile
from edgeagent.messages import canonical_bytes
from edgeagent.services.upkeep.export_format import published_schema
from edgeagent.services.upkeep.portability import Progress

__all__ = ["command", "progress_on_stderr"]


@click.command(
    name="export",
    cls=TranslatedCommand,
    examples={
        "everything, into a new file": "edgeagent export box.json",
        "without a file that is not encrypted": "edgeagent export - | gpg --symmetric > box.gpg",
    },
)
@click.argument("path", required=False, type=OutputFile(or_stdout=True), metavar="FILE")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of an export instead.")
@json_option
@pass_box
def command(box: BoxOptions, *, path: Path | None, schema: bool, as_json: bool) -> None:
    """Write profiles, history, hidden titles, consents and reports into FILE, as JSON.

    The file is not encrypted: only its owner can read it, and it is for the household
    alone. FILE '-' is stdout.
    """
    if schema:
        emit_document(published_schema().decode())
        return
    if path is None:
        raise click.MissingParameter(param_hint="'FILE'", param_type="argument")
    if path == STDOUT and as_json:
        raise click.UsageError("--json says what was written to a file: leave it out with '-'")
    with box.look() as agent, progress_on_stderr(words("exporting")) as progress:
        if path == STDOUT:
            click.echo(canonical_bytes(agent.portability.export(progress=progress)))
            return
        written_bytes = agent.portability.export_to(path, progress=progress)
    if as_json:
        emit_json({"file": str(path), "bytes": written_bytes})
    else:
        click.echo(
            words("wrote {path}: {size} bytes, not encrypted", path=path, size=written_bytes)
        )


@contextmanager
def progress_on_stderr(what: str) -> Iterator[Progress]:
    """Count viewings on stderr; small numbers pass in silence."""
    told = False

    def progress(done: int, total: int) -> None:
        nonlocal told
        if total > _QUIET_UP_TO:
            told = True
            count = words("{what}: {done} of {total} viewings", what=what, done=done, total=total)
            click.echo(f"\r{count}", nl=False, err=True)

    try:
        yield progress
    finally:
        if told:
            click.echo(err=True)


_QUIET_UP_TO = 5000
