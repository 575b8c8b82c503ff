"""Pages of the simulator: each one self-contained file that needs no network."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from edgeagent import __version__
from edgeagent.errors import OutputError

__all__ = ["write_page"]


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, "utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}",
            hint="free disk space, or choose another --out",
        ) from error
    return path
