"""``edgeagent import``: take in what another box exported."""

from __future__ import annotations

from pathlib import Path

import click

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.export import progress_on_stderr
from edgeagent.cli.wording import TranslatedCommand, counted, words
from edgeagent.command_group import emit_json, json_option
from edgeagent.services.upkeep.import_gate import LeftOut
from edgeagent.services.upkeep.portability import read_export
from edgeagent.store.ownership import require_own

__all__ = ["command"]


@click.command(
    name="import",
    cls=TranslatedCommand,
    examples={
        "what another box exported": "edgeagent import box.json",
    },
)
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@json_option
@pass_box
def command(box: BoxOptions, *, path: Path, as_json: bool) -> None:
    """Take in an export: profiles, hidden titles, and viewings where history is granted.

    Consents in FILE are shown, not granted. Imported viewings never enter a report; those in the
    future, over age, or of a private session are left out. Doing it again changes nothing.
    """
    require_own(box.home)  # whose private sessions are not seen by others
    given = read_export(path)
    with box.open(writes=True) as agent, progress_on_stderr(words("importing")) as progress:
        done = agent.portability.import_(given, progress=progress)
    if as_json:
        emit_json(done)
        return
    parts = (
        counted("{number} new profile", "{number} new profiles", done.profiles_created),
        counted("{number} viewing", "{number} viewings", done.viewings),
        counted(
            "{number} hidden or excluded title", "{number} hidden or excluded titles", done.marks
        ),
        counted("{number} debit", "{number} debits", done.debits_added),
    )
    click.echo(words("taken in: {parts}", parts=", ".join(parts)))
    if said := _said(done.left_out):
        click.echo(words("left out: {viewings}", viewings=said))
    for record in done.consents_shown:
        decision = f"{record.profile} {record.purpose} {record.event}"
        click.echo("  " + words("in the file, not in force: {decision}", decision=decision))
    for profile in done.waiting_profiles:
        click.echo(
            words(
                "viewings of {profile} wait for consent: edgeagent consent grant history "
                "--profile {profile}, then import again",
                profile=profile,
            )
        )


def _said(left: LeftOut) -> str:
    """Return how many viewings were left out for which reason, in words; empty for none."""
    numbers = (
        (left.future, words("in the future by this box's clock")),
        (left.over_age, words("longer ago than viewings are kept")),
        (left.private, words("of a private session, or told during one")),
        (left.audience, words("of children, or of teens who do not count here")),
    )
    return ", ".join(f"{number} {why}" for number, why in numbers if number)
