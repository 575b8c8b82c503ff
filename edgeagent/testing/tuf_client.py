"""The box's TUF client under the command line of the public conformance suite.

``theupdateframework/tuf-conformance`` starts this program for every step and compares its exit
status, the metadata it trusts, the files it keeps and the requests it makes. Only the command line
is new here: what verifies and fetches is what a box uses, so a box's limits apply, too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from edgeagent.clock import SystemClock
from edgeagent.errors import EdgeAgentError
from edgeagent.messages.targets import METADATA, ROOT_NAME, TARGETS
from edgeagent.network.repository import Repository

__all__ = ["client"]

_SHIPPED_ROOT = "shipped_root"
"""What a box has in its firmware; python-tuf replaces ``root.json`` by the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _CommandLine:
    """What stands before the command."""

    metadata_dir: Path
    metadata_url: str
    target_names: tuple[str, ...]
    target_dir: Path | None
    target_base_url: str


@click.group()
@click.option("--metadata-dir", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--metadata-url", default="")
@click.option("--target-name", "target_names", multiple=True)
@click.option("--target-dir", type=click.Path(path_type=Path, file_okay=False))
@click.option("--target-base-url", default="")
@click.pass_context
def client(context: click.Context, /, **options: Any) -> None:
    """Verify and fetch as a box does."""
    context.obj = _CommandLine(**options)


@client.command()
@click.argument("trusted_root", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def init(options: _CommandLine, trusted_root: Path) -> None:
    """Trust a root."""
    for name in (ROOT_NAME, _SHIPPED_ROOT):
        shutil.copyfile(trusted_root, options.metadata_dir / name)


@client.command()
@click.pass_obj
def refresh(options: _CommandLine) -> None:
    """Bring the metadata up to date."""
    with _errors_said():
        _opened(options)


@client.command()
@click.pass_obj
def download(options: _CommandLine) -> None:
    """Fetch targets."""
    with _errors_said():
        repository = _opened(options)
        for name in options.target_names:
            repository.read(name)


def _opened(options: _CommandLine) -> Repository:
    """Refresh the repository; a box has both parts side by side, at the server and at home."""
    home, server = options.metadata_dir.parent, options.metadata_url.rstrip("/")[: -len(METADATA)]
    beside = (home / METADATA, f"{server}{METADATA}", home / TARGETS, f"{server}{TARGETS}")
    asked = (
        options.metadata_dir,
        options.metadata_url.rstrip("/"),
        options.target_dir or home / TARGETS,
        options.target_base_url.rstrip("/") or f"{server}{TARGETS}",
    )
    if asked != beside:
        raise click.UsageError(f"a box expects {', '.join(map(str, beside))}")
    return Repository(
        home,
        servers=(server.rstrip("/"),),
        trusted_root=(home / METADATA / _SHIPPED_ROOT).read_bytes(),
        now=SystemClock().now(),
    )


@contextmanager
def _errors_said() -> Iterator[None]:
    try:
        yield
    except EdgeAgentError as error:
        raise click.ClickException(f"{error} ({error.hint})") from error


if __name__ == "__main__":
    client()
