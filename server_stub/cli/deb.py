"""``server-stub deb``: the Debian package of the server, beside the box's."""

from __future__ import annotations

from pathlib import Path

import click

import server_stub
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.help_pages import HelpfulCommand
from server_stub.cli.options import STORED_FILE

__all__ = ["deb"]

_FILES = {
    "systemd/edgeagent-server.service": "lib/systemd/system/edgeagent-server.service",
    "systemd/edgeagent-server.sysusers.conf": "usr/lib/sysusers.d/edgeagent-server.conf",
    # Examples, since the machine that signs need not be the one that serves.
    "systemd/edgeagent-repo-refresh.service": (
        "usr/share/doc/edgeagent-server/examples/edgeagent-repo-refresh.service"
    ),
    "systemd/edgeagent-repo-refresh.timer": (
        "usr/share/doc/edgeagent-server/examples/edgeagent-repo-refresh.timer"
    ),
    "nginx/edgeagent-server.conf": "usr/share/doc/edgeagent-server/examples/nginx.conf",
}
_NOT_FOR_A_SERVER = (
    "bin",
    "onnxruntime*",  # what only boxes do, a quarter of all
    "sqlcipher3*",
    "pip",
    "pip-*.dist-info",
    "numpy/**/tests",
    "scipy/**/tests",
    "**/.gitignore",
)


@click.command(
    cls=HelpfulCommand,
    examples={
        "from a wheel of this tree": (
            "server-stub deb --wheel edgeagent-0.1.0-py3-none-any.whl --out packages"
        ),
    },
)
@click.option(
    "--wheel", type=STORED_FILE, required=True, help="Ours; 'pip wheel --no-deps .' makes it."
)
@click.option(
    "--out",
    type=OutputDirectory(),
    default=Path(),
    help="Directory for the package.  [default: this one]",
)
@click.option(
    "--requirements",
    type=STORED_FILE,
    help="What it needs, with hashes: from a package built before.  [default: what pip resolves]",
)
@json_option
def deb(*, wheel: Path, out: Path, requirements: Path | None, as_json: bool) -> None:
    """Build the server's Debian package, for this machine; takes a minute.

    The same wheel and requirements give the same bytes; SOURCE_DATE_EPOCH is the time in it.
    """
    # For this command only.
    from edgeagent.install.debian_package import (  # noqa: PLC0415
        DebianContents,
        build_debian_package,
    )

    click.echo("fetching what it needs, and packing", err=True)
    package = build_debian_package(
        wheel.resolve(),
        out,
        contents=DebianContents(
            name="edgeagent-server",
            extra="server",
            source=Path(server_stub.__file__).parent / "install",
            program="server-stub",
            files=_FILES,
            unneeded=_NOT_FOR_A_SERVER,
        ),
        requirements=requirements,
    )
    if as_json:
        emit_json({"package": str(package), "bytes": package.stat().st_size})
    else:
        click.echo(str(package))
