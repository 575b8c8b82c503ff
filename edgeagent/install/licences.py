"""Licences as SPDX expressions, for what says its own in another way or not at all."""

from __future__ import annotations

import re
from importlib.metadata import Distribution

__all__ = ["LICENCES", "normalized", "spdx_licence"]

LICENCES = {
    "click-default-group": "Unlicense",  # a classifier: Public Domain
    "flatbuffers": "Apache-2.0",
    "h11": "MIT",
    "jinja2": "BSD-3-Clause",  # a classifier that does not say which BSD licence
    "onnxruntime": "MIT",
    "pip": "MIT",
    "pluggy": "MIT",
    "protobuf": "BSD-3-Clause",
    "segno": "BSD-3-Clause",  # a classifier that does not say which BSD licence
    "sqlcipher3": "Zlib",  # says nothing in its metadata; its LICENSE is zlib's
    "sqlite-fts4": "Apache-2.0",
    "tzdata": "Apache-2.0",
}
"""Read from the licence text of each distribution, whose metadata has no ``License-Expression``."""


def normalized(name: str) -> str:
    """Return the one spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def spdx_licence(found: Distribution) -> str | None:
    """Return a distribution's licence as an SPDX expression; ``None``: nobody has looked yet."""
    if "License-Expression" in found.metadata:
        return str(found.metadata["License-Expression"])
    return LICENCES.get(normalized(found.name))
