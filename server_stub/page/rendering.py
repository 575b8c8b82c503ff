"""Templates become pages; the style has an address that changes with its content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server_stub.aggregation.publication import (
    MIN_PUBLISHABLE_REPORTS,
    ONE_ANSWER,
    SHARE_OF,
)
from server_stub.page import words

__all__ = ["PREFIX", "STYLE", "render"]

PREFIX = "/page"
"""Where the page lies on the server; a proxy may keep it from the outside."""
_HERE = Path(__file__).parent
STYLE = (_HERE / "static" / "page.css").read_bytes()

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.globals |= {
    "prefix": PREFIX,
    "least_reports": MIN_PUBLISHABLE_REPORTS,
    "one_answer": ONE_ANSWER,
    "share_of": SHARE_OF,
    "style": f"{PREFIX}/page.css?v={hashlib.sha256(STYLE).hexdigest()[:12]}",
}
_ENVIRONMENT.filters |= {
    name: getattr(words, name)
    for name in ("day", "difference", "figure", "moment", "points", "quarter_months", "week_name")
}


def render(template: str, **values: object) -> str:
    """Fill in a template; a name it misses is a programming error."""
    return _ENVIRONMENT.get_template(f"{template}.html").render(**values)
