"""Pages of the simulator: each one self-contained file that needs no network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined

from edgeagent import __version__
from edgeagent.errors import OutputError
from edgeagent.simulator.output_directory import make_output_directory

__all__ = ["advancing", "write_page"]


T = TypeVar("T")


def advancing(parts: Iterable[T], advance: Callable[[], None]) -> list[T]:
    """Return parts of a page that are made one after the other; ``advance`` is told of each."""
    made = []
    for part in parts:
        made.append(part)
        advance()
    return made


def write_page(template: str, path: Path, **values: object) -> Path:
    """Fill in a template of this room and return where the page is.

    Raises:
        OutputError: it cannot be written.

    """
    environment = Environment(
        loader=PackageLoader("edgeagent.simulator", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    html = environment.get_template(template).render(version=__version__, **values)
    beside = path.with_name(f".{path.name}.{os.getpid()}")  # a page that was good stays until then
    try:
        make_output_directory(path.parent)
        beside.write_text(html, "utf-8")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise OutputError(
            f"{path} cannot be written: {error.strerror}",
            hint="free disk space, or choose another --out",
        ) from error
    return path
