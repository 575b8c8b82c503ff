"""Templates become pages; assets are found under names that change with their content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from unicodedata import bidirectional

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edgeagent.dashboard.segment_names import segment_name

__all__ = ["ASSETS", "asset_path", "isolated", "render"]

_HERE = Path(__file__).parent
ASSETS = {
    path.name: path.read_bytes()
    for path in sorted((_HERE / "static").iterdir())
    if path.suffix in {".css", ".js", ".svg"}
}


def asset_path(name: str) -> str:
    """Return where an asset is served; another content has another address."""
    return f"/static/{name}?v={hashlib.sha256(ASSETS[name]).hexdigest()[:12]}"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.globals["asset"] = asset_path
_ENVIRONMENT.globals["segment_name"] = segment_name


def isolated(name: str) -> str:
    """Return a name from outside so that, in a sentence, it does not turn what follows it around.

    Only names with letters written from right to left need the two characters: first strong
    isolate, pop directional isolate (Unicode Standard Annex 9, 2.4).
    """
    rightward = any(bidirectional(letter) in {"R", "AL"} for letter in name)
    return f"\u2068{name}\u2069" if rightward else name


_ENVIRONMENT.filters["isolated"] = isolated


def render(template: str, **values: object) -> str:
    """Fill in a template; a name it misses is a programming error."""
    return _ENVIRONMENT.get_template(f"{template}.html").render(**values)
