"""``edgeagent config``: what is set, and whether it can be."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.privacy import print_assessment
from edgeagent.cli.wording import TranslatedGroup, words
from edgeagent.command_group import emit_document, emit_json, json_option, print_error
from edgeagent.config import Config, load_config
from edgeagent.errors import InputError
from edgeagent.services.reports.assessment import Assessment
from edgeagent.services.upkeep.settings_check import settings_faults
from edgeagent.services.upkeep.settings_risk import Change, Deviation, changes, deviations
from edgeagent.store.home_files import holds_box

__all__ = ["command"]


@click.group(
    name="config",
    cls=TranslatedGroup,
    examples={
        "what is in force": "edgeagent config show",
        "what other settings would mean": "edgeagent config check new.toml",
    },
)
def command() -> None:
    """The settings: show them, or check them."""


@command.command()
@json_option
@pass_box
def show(box: BoxOptions, *, as_json: bool) -> None:
    """Show every setting in force, as TOML, and the file they were read from."""
    settings = msgspec.to_builtins(box.config())
    if as_json:
        emit_json(settings)
        return
    source = box.config_source()
    if source is None:
        click.echo("# " + words("no settings file: defaults"))
    else:
        click.echo("# " + words("from {source}", source=source))
    tables = {name: value for name, value in settings.items() if isinstance(value, dict)}
    lines = [_line(name, value) for name, value in settings.items() if name not in tables]
    for table, values in tables.items():
        lines += ["", f"[{table}]", *(_line(name, value) for name, value in values.items())]
    emit_document("\n".join(lines) + "\n")


@command.command()
@click.argument(
    "new", required=False, type=click.Path(dir_okay=False, path_type=Path), metavar="[NEW]"
)
@json_option
@pass_box
def check(box: BoxOptions, *, new: Path | None, as_json: bool) -> None:
    """Say whether settings can be used, and what they mean for privacy; changes nothing.

    NEW is a settings file that is not in force yet: what it changes is weighed, and where there is
    a box, its privacy assessment is shown as it would be. Without NEW the settings in force are
    held against the defaults.
    """
    present = box.config()
    settings = present if new is None else load_config(box.home, new)
    faults = settings_faults(settings)
    source = box.config_source() if new is None else new
    assessment = None if new is None or faults else _assessment(box, settings)
    if as_json:
        emit_json(
            {
                "source": str(source),
                "ok": not faults,
                "faults": [{"reason": str(fault), "hint": fault.hint} for fault in faults],
                "riskier_than_default": any(
                    item.direction == "riskier" for item in deviations(settings)
                ),
                "settings": deviations(settings),
                "changes": changes(present, settings),
                "assessment": assessment,
            }
        )
    for fault in faults:
        print_error(InputError(f"{source}: {fault}", hint=fault.hint))
    if faults:
        sys.exit(InputError.exit_code)
    if as_json:
        return
    click.echo(words("{source}: good", source=source or words("no settings file: defaults")))
    if new is not None:
        _print_items(words("Changes against the settings in force"), changes(present, settings))
    _print_items(words("Not at their defaults"), deviations(settings))
    if assessment is not None:
        click.echo("\n" + words("Under these settings this box would be assessed so:") + "\n")
        print_assessment(assessment)


def _assessment(box: BoxOptions, settings: Config) -> Assessment | None:
    """Weigh the box there is, if any, under settings that are not its own yet."""
    if not holds_box(box.home):
        return None
    with box.open() as agent:
        return agent.reports.assess(settings=settings)


def _print_items(title: str, items: Sequence[Change | Deviation]) -> None:
    click.secho(title, bold=True)
    for item in items:
        line = f"  {item.direction:8} {item.setting}: {item.words}"
        if isinstance(item, Change):
            line += " " + words("(was {before})", before=_toml(item.before))
        click.echo(line)
    if not items:
        click.echo("  " + words("nothing"))


def _line(name: str, value: object) -> str:
    if value is None:
        return "# " + words("{name} is not set", name=name)
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())
        return f"{name} = {{ {inner} }}" if inner else f"{name} = {{}}"
    return f"{name} = {_toml(value)}"


def _toml(value: object) -> str:
    return msgspec.json.encode(value).decode()
