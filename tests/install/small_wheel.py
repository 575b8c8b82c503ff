"""A wheel that needs nothing, so that pip fetches nothing, with a program that hardly does."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

__all__ = ["needs_click_man", "small_wheel"]

needs_click_man = pytest.mark.skipif(
    find_spec("click_man") is None, reason="needs pip install -e '.[release]'"
)
_FACTS = "Metadata-Version: 2.1\nName: edgeagent\nVersion: 1.0\nProvides-Extra: {extra}\n"
_TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_PROGRAM = """
import os, pathlib, sys
if "--man-pages" in sys.argv:
    pages = pathlib.Path(sys.argv[2])
    pages.mkdir(parents=True)
    (pages / "program.1").write_text("of " + os.environ["SOURCE_DATE_EPOCH"])
else:
    print("completes by", *(value for name, value in os.environ.items() if "_COMPLETE" in name))
"""


def small_wheel(
    directory: Path, *, extra: str, program: str, files: Mapping[str, str] | None = None
) -> Path:
    """Write the wheel and return where it is.

    Args:
        directory: where it goes.
        extra: of it, which needs nothing either.
        program: package that can be run with ``python -m``.
        files: more of them, by name.

    """
    wheel = directory / "edgeagent-1.0-py3-none-any.whl"
    texts = {
        "edgeagent-1.0.dist-info/METADATA": _FACTS.format(extra=extra),
        "edgeagent-1.0.dist-info/WHEEL": _TAGS,
        "edgeagent-1.0.dist-info/RECORD": "",
        f"{program}/__init__.py": "",
        f"{program}/__main__.py": _PROGRAM,
        **(files or {}),
    }
    with zipfile.ZipFile(wheel, "w") as file:
        for name, text in texts.items():
            file.writestr(name, text)
    return wheel
