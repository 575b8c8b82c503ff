"""``edgeagent service``: where the running service is found, and what a distribution installs."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import click

from edgeagent.api.endpoint import default_socket, listens, noted_port, read_token, websocket
from edgeagent.cli.box_options import BoxOptions, pass_box, socket_option
from edgeagent.cli.wording import TranslatedGroup, words
from edgeagent.command_group import emit_document, emit_json, json_option
from edgeagent.command_output import OutputDirectory, OutputFile
from edgeagent.errors import InputError, NetworkError, PromiseBroken
from edgeagent.install.bill_check import differences, own_library
from edgeagent.install.debian_package import build_debian_package
from edgeagent.install.files import install_directory, install_files

__all__ = ["command"]


@click.group(
    name="service",
    cls=TranslatedGroup,
    examples={
        "where apps connect": "edgeagent service endpoint",
        "units and settings for an image": "edgeagent service files",
    },
)
def command() -> None:
    """The resident service: its endpoints, and the files that install it."""


@command.command()
@click.option(
    "--ws-port",
    type=click.IntRange(1, 65535),
    help="Port of the WebSocket.  [default: what the running service listens on]",
)
@socket_option
@json_option
@pass_box
def endpoint(box: BoxOptions, *, ws_port: int | None, socket: Path | None, as_json: bool) -> None:
    """Print where apps and managers connect; the token is the owner's to read, and to keep.

    A service that was started with --no-ws has no WebSocket, and none is printed.
    """
    if socket is None:
        box.require_no_other()
    path = socket or default_socket(box.home, os.environ)
    token = read_token(path.parent)
    if not listens(path):
        raise NetworkError(f"nobody listens at {path}", hint="start the service: edgeagent serve")
    found = {"socket": str(path)}
    port = ws_port or noted_port(path.parent)
    if port is not None:
        found |= {"app": websocket(port), "manage": websocket(port, token=token)}
    if as_json:
        emit_json(found)
        return
    for name, address in found.items():
        click.echo(f"{name:7} {address}")


@command.command()
@json_option
def files(*, as_json: bool) -> None:
    """List the files that a distribution installs: units, settings, Debian and Yocto packaging."""
    found = [str(path) for path in install_files()]
    if as_json:
        emit_json({"directory": str(install_directory()), "files": found})
        return
    for path in found:
        click.echo(path)


@command.command()
@click.option(
    "--wheel",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ours: pip wheel --no-deps .",
)
@click.option(
    "--out",
    default=Path(),
    type=OutputDirectory(),
    help="Directory for the package.  [default: this one]",
)
@click.option(
    "--architecture",
    type=click.Choice(["amd64", "arm64"]),
    help="Of the box.  [default: this machine's]",
)
@click.option(
    "--python",
    type=click.Choice(["3.11", "3.13"]),
    help="Of the box: 3.11 is Debian 12's, 3.13 Debian 13's.  [default: this one's]",
)
@click.option(
    "--requirements",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What it needs, with hashes: from a package built before.  [default: what pip resolves]",
)
@json_option
def deb(
    *,
    wheel: Path,
    out: Path,
    architecture: str | None,
    python: str | None,
    requirements: Path | None,
    as_json: bool,
) -> None:
    """Build the Debian package, for this machine or another; takes a minute.

    The same wheel and requirements give the same bytes; SOURCE_DATE_EPOCH is the time in it. The
    package has its requirements in /usr/share/doc/edgeagent.
    """
    click.echo(words("fetching what it needs, and packing"), err=True)
    package = build_debian_package(
        wheel.resolve(),
        out,
        architecture=architecture,
        python=python,
        requirements=requirements,
    )
    if as_json:
        emit_json({"package": str(package), "bytes": package.stat().st_size})
    else:
        click.echo(str(package))


@command.command()
@click.argument("shipped", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--out", type=OutputFile(), help="File to write.  [default: print it]")
def sbom(*, shipped: Path, out: Path | None) -> None:
    """Make the software bill of materials of a wheel or Debian package, in CycloneDX 1.6.

    It names every distribution that is in the package, or that the wheel installs, with version,
    licence and the hash of its wheel, and the libraries that are compiled into them.
    """
    if find_spec("cyclonedx") is None or find_spec("cyclonedx_py") is None:
        raise InputError(
            "a bill of materials needs the package 'cyclonedx-bom'",
            hint="install edgeagent with its extra: pip install 'edgeagent[release]'",
        )
    from edgeagent.install.bill_of_materials import bill_of_materials  # noqa: PLC0415  (an extra)

    text = bill_of_materials(shipped, environment=os.environ)
    if out is None:
        emit_document(text)
    else:
        out.write_text(text, "utf-8")


@command.command(name="check-sbom")
@click.argument("bill", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument(
    "directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@json_option
def check_sbom(*, bill: Path, directory: Path | None, as_json: bool) -> None:
    """Compare a bill of materials with what is installed; exits with 9 where they differ.

    DIRECTORY holds the Python packages, such as usr/lib/edgeagent of an image.
    [default: those of this installation]
    """
    library = directory or own_library()
    found = differences(bill, library)
    if as_json:
        emit_json({"directory": str(library), "differences": found})
    else:
        for line in found:
            click.echo(line)
    if found:
        raise PromiseBroken(
            f"{bill} and {library} differ in {len(found)} parts",
            hint="make the bill from the package that is installed",
        )
    if not as_json:
        click.echo(
            words("{directory} holds what the bill names, and nothing else", directory=library)
        )
