"""``edgeagent config``: what is set, and whether it can be."""

from __future__ import annotations

import click
import msgspec

from edgeagent.cli.door import Box, emit_json, json_option, pass_box
from edgeagent.notices import load_notice

__all__ = ["command"]


@click.group(name="config")
def command() -> None:
    """The settings: show them, or check them."""


@command.command()
@json_option
@pass_box
def show(box: Box, *, as_json: bool) -> None:
    """Show every setting in force, as TOML."""
    settings = msgspec.to_builtins(box.config())
    if as_json:
        emit_json(settings)
        return
    tables = {name: value for name, value in settings.items() if isinstance(value, dict)}
    for name, value in settings.items():
        if name not in tables:
            click.echo(_line(name, value))
    for table, values in tables.items():
        click.echo(f"\n[{table}]")
        for name, value in values.items():
            click.echo(_line(name, value))


@command.command()
@json_option
@pass_box
def check(box: Box, *, as_json: bool) -> None:
    """Read the settings and say whether they can be used; changes nothing."""
    config = box.config()
    load_notice(config.language)
    if as_json:
        emit_json({"source": str(box.config_source()), "ok": True})
    else:
        click.echo(f"{box.config_source() or 'no settings file: defaults'}: good")


def _line(name: str, value: object) -> str:
    if value is None:
        return f"# {name} is not set"
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())
        return f"{name} = {{ {inner} }}" if inner else f"{name} = {{}}"
    return f"{name} = {_toml(value)}"


def _toml(value: object) -> str:
    return msgspec.json.encode(value).decode()
