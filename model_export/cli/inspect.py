"""``model-export inspect``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.errors import InputError
from edgeagent.help_pages import HelpfulCommand
from edgeagent.regular_file import read_regular

__all__ = ["command"]

_GRAPH_CAP_BYTES = 2**31
"""Protobuf knows no longer ones."""


@click.command(
    "inspect",
    cls=HelpfulCommand,
    examples={
        "a model that 'train' wrote": "model-export inspect model.npz",
    },
)
@click.argument("path", type=click.Path(path_type=Path))
@json_option
def command(*, path: Path, as_json: bool) -> None:
    """Say what is in a model file, or in an exported graph."""
    if path.is_dir():
        raise InputError(
            f"{path} is a directory",
            hint="name a file; 'server-stub repo status' says what is in a repository",
        )
    if path.suffix == ".onnx":
        _graph(path, as_json=as_json)
    else:
        _model(path, as_json=as_json)


def _model(path: Path, *, as_json: bool) -> None:
    from model_export.cli.facts import model_facts, show_model  # noqa: PLC0415  (loads numpy)
    from model_export.heads.contract_graph import described_graph  # noqa: PLC0415
    from model_export.heads.files import head_files  # noqa: PLC0415
    from model_export.heads.model_file import load_model  # noqa: PLC0415

    model = load_model(path)
    graph = described_graph(head_files(model, model_version="unpublished")[0])
    if as_json:
        emit_json({**model_facts(model), "graph": graph})
        return
    show_model(model)
    click.echo()
    _show_graph(graph)


def _graph(path: Path, *, as_json: bool) -> None:
    from model_export.heads.contract_graph import described_graph  # noqa: PLC0415  (loads onnx)

    try:
        data = read_regular(path, cap_bytes=_GRAPH_CAP_BYTES)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="check the name and its permissions"
        ) from error
    graph = described_graph(data)
    if as_json:
        emit_json(graph)
    else:
        _show_graph(graph)


def _show_graph(graph: Mapping[str, object]) -> None:
    for name, value in graph.items():
        if isinstance(value, dict):
            click.echo(f"{name}:")
            for tensor, what in value.items():
                click.echo(f"  {tensor:24}{what}")
        else:
            click.echo(f"{name:26}{value}")
