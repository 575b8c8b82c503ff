"""``edgeagent model``: fetch, show and roll back the segment model."""

from __future__ import annotations

import click

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option

__all__ = ["command"]


@click.group(name="model")
def command() -> None:
    """The model that comes to the history: verified before it is used."""


@command.command()
@json_option
@pass_box
def update(box: BoxOptions, *, as_json: bool) -> None:
    """Fetch, verify and activate the newest model, catalogue and report task.

    The service does it in two steps, so that nothing on the network depends on the history: it
    fetches what is published, and tries the model, on what was watched here too, later.
    """
    with box.open(writes=True) as agent:
        done = agent.update_model()
    if as_json:
        emit_json(done)
        return
    task = "another" if done.task_changed else "the same"
    click.echo(f"fetched  model {done.published_version}, {task} report task")
    parts = (("model", done.model_changed), ("catalogue", done.catalogue_changed))
    changed = " and ".join(name for name, flag in parts if flag) or "nothing"
    click.echo(f"active   model {done.model_version}: {changed} changed")
    if done.refused is not None:
        click.echo(f"the published model is not used: {done.refused}")


@command.command()
@json_option
@pass_box
def status(box: BoxOptions, *, as_json: bool) -> None:
    """Show both slots, failures of the active model, and what was refused and why."""
    with box.open() as agent:
        installation = agent.installation()
    if as_json:
        emit_json(installation)
        return
    for slot, manifest in (("active", installation.current), ("previous", installation.previous)):
        if manifest is None:
            click.echo(f"{slot:9} none")
            continue
        click.echo(
            f"{slot:9} {manifest.model_version}  {manifest.head}, {manifest.dimension} "
            f"dimensions, {len(manifest.segments)} segments, trained {iso_utc(manifest.trained_at)}"
        )
        for lifted in manifest.lifted_words or ():
            click.echo(
                f"{'':9} its operator says that {lifted.word!r} does not tell of "
                f"{', '.join(lifted.topics)}"
            )
    if installation.failures:
        click.echo(f"failures  {installation.failures} in a row: {installation.last_failure}")
    refused = installation.refused
    if refused is not None:
        click.echo(
            f"refused   {refused.model_version} on {iso_utc(refused.at)}: {refused.reason}"
            f"{'; until another is published' if refused.lasting else ''}"
        )
    unread = installation.unread
    if unread is not None:
        click.echo(f"unread    the manifest published on {iso_utc(unread.at)}: {unread.reason}")
    task = installation.task
    click.echo(f"task      {task.name if task else 'none'}")
    checked = installation.checked_at
    click.echo(f"checked   {iso_utc(checked) if checked is not None else 'never'}")


@command.command()
@json_option
@pass_box
def rollback(box: BoxOptions, *, as_json: bool) -> None:
    """Go back to the model before the active one.

    The one left behind comes back with another rollback, not with an update.
    """
    with box.open() as agent:
        manifest = agent.rollback_model()
    if as_json:
        emit_json(manifest)
    else:
        click.echo(f"active again: {manifest.model_version}")
