"""``edgeagent model``: fetch, show and roll back the segment model."""

from __future__ import annotations

import click

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.wording import TranslatedGroup, words
from edgeagent.clock import iso_utc
from edgeagent.command_group import emit_json, json_option
from edgeagent.messages.manifest import ModelManifest
from edgeagent.services.models.installation import Installation

__all__ = ["command"]


@click.group(
    name="model",
    cls=TranslatedGroup,
    examples={
        "fetch the newest": "edgeagent model update",
        "which one is used": "edgeagent model status",
    },
)
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
        installation = agent.installation()
    if as_json:
        emit_json(done)
        return
    published, active = done.published_version, done.model_version
    if done.task_changed:
        click.echo(words("fetched  model {version}, another report task", version=published))
    else:
        click.echo(words("fetched  model {version}, the same report task", version=published))
    parts = (
        (words("model"), done.model_changed),
        (words("catalogue"), done.catalogue_changed),
        (words("promos and ads"), done.creatives == "fetched"),
    )
    changed = ", ".join(name for name, flag in parts if flag) or words("nothing")
    click.echo(words("active   model {version}; new: {parts}", version=active, parts=changed))
    if done.creatives == "taken_back":
        click.echo(words("the publisher has taken all promos and ads back"))
    if done.refused is not None:
        click.echo(words("the published model is not used: {reason}", reason=done.refused))
    _say_stops(installation)


@command.command()
@json_option
@pass_box
def status(box: BoxOptions, *, as_json: bool) -> None:
    """Show both slots, failures, what was refused, rolled out or stopped, and the releases seen."""
    with box.look() as agent:
        installation = agent.installation()
    if as_json:
        emit_json(installation)
        return
    for name, manifest in (
        (words("active"), installation.current),
        (words("previous"), installation.previous),
    ):
        _say(name, _slot(manifest))
        _say_lifted(manifest)
    if installation.failures:
        _say(
            words("failures"),
            words(
                "{number} in a row: {reason}",
                number=installation.failures,
                reason=installation.last_failure,
            ),
        )
    _say_refused(installation)
    task, checked = installation.task, installation.checked_at
    _say(words("task"), task.name if task else words("none"))
    _say_switches(installation)
    _say_releases(installation)
    _say(words("checked"), words("never") if checked is None else iso_utc(checked))


def _say(name: str, value: str) -> None:
    click.echo(f"{name:9} {value}")


def _slot(manifest: ModelManifest | None) -> str:
    if manifest is None:
        return words("none")
    return words(
        "{version}  {head}, {dimension} dimensions, {segments} segments, trained {at}",
        version=manifest.model_version,
        head=manifest.head,
        dimension=manifest.dimension,
        segments=len(manifest.segments),
        at=iso_utc(manifest.trained_at),
    )


def _say_lifted(manifest: ModelManifest | None) -> None:
    for lifted in (manifest.lifted_words if manifest else None) or ():
        said = words(
            "its operator says that {word!r} does not tell of {topics}",
            word=lifted.word,
            topics=", ".join(lifted.topics),
        )
        _say("", said)


def _say_refused(installation: Installation) -> None:
    refused, unread = installation.refused, installation.unread
    if refused is not None:
        reason = refused.reason
        if refused.lasting:
            reason = words("{reason}; until another is published", reason=reason)
        _say(
            words("refused"),
            words(
                "{version} on {at}: {reason}",
                version=refused.model_version,
                at=iso_utc(refused.at),
                reason=reason,
            ),
        )
    if unread is not None:
        _say(
            words("unread"),
            words(
                "the manifest published on {at}: {reason}",
                at=iso_utc(unread.at),
                reason=unread.reason,
            ),
        )


def _say_switches(installation: Installation) -> None:
    rollout = installation.rollout
    if rollout is not None:
        version, percent = rollout.model_version, rollout.percent
        if rollout.chosen:
            said = words(
                "{version} in {percent} of 100 boxes, here too", version=version, percent=percent
            )
        else:
            said = words(
                "{version} in {percent} of 100 boxes, not here", version=version, percent=percent
            )
        _say(words("rollout"), said)
    _say_stops(installation)


def _say_stops(installation: Installation) -> None:
    number = len(installation.stopped_models)
    if installation.current is None and number:
        said = words("{number} of the models by the publisher, none is installed", number=number)
        _say(words("stopped"), said)
    for manifest in (installation.current, installation.previous):
        if manifest is not None and installation.is_stopped(manifest):
            version = manifest.model_version
            _say(words("stopped"), words("model {version} by its publisher", version=version))
    if installation.task_is_stopped:
        _say(words("stopped"), words("report task by its publisher: nothing is drawn or sent"))


def _say_releases(installation: Installation) -> None:
    seen, conflict = installation.releases.seen, installation.conflict
    if seen is None:
        _say(words("releases"), words("the repository keeps no list"))
    else:
        at = iso_utc(seen.accepted_at)
        _say(
            words("releases"),
            words("list {list_id} since {at}", list_id=seen.list_id, at=at),
        )
        _say("", words("length {length}, head {head}", length=seen.length, head=seen.head))
        if seen.earlier_id is not None:
            _say(
                "",
                words("signed with the root keys, it replaced {list_id}", list_id=seen.earlier_id),
            )
    if conflict is not None:
        _say(
            words("conflict"),
            words(
                "since {at} nothing is installed or reported: {reason}",
                at=iso_utc(conflict.at),
                reason=conflict.reason,
            ),
        )


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
        click.echo(words("active again: {version}", version=manifest.model_version))
