"""``model-export inspect``."""

from __future__ import annotations

from pathlib import Path

import click

from model_export.cli.door import emit_json, json_option

__all__ = ["command"]


@click.command("inspect")
@click.argument("path", type=click.Path(path_type=Path))
@json_option
def command(*, path: Path, as_json: bool) -> None:
    """Say what is in a model file, or in a repository.

    A repository is verified from its newest root downwards.
    """
    if path.is_dir():
        _repository(path, as_json=as_json)
    else:
        _model(path, as_json=as_json)


def _model(path: Path, *, as_json: bool) -> None:
    from model_export.cli.facts import model_facts, show_model  # noqa: PLC0415  (loads numpy)
    from model_export.model_file import load_model  # noqa: PLC0415

    model = load_model(path)
    if as_json:
        emit_json(model_facts(model))
    else:
        show_model(model)


def _repository(path: Path, *, as_json: bool) -> None:
    from model_export.publish import repository_facts  # noqa: PLC0415  (loads tuf)

    facts = repository_facts(path)
    if as_json:
        emit_json(facts)
        return
    click.echo("role        version  expires")
    for role, state in facts["roles"].items():
        click.echo(f"{role:10}  {state['version']:7}  {state['expires']}")
    click.echo(f"\n{'bytes':>11}  target")
    for target, length in facts["targets"].items():
        click.echo(f"{length:11,}  {target}")
