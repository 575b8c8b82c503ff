"""The README names every extra that can be installed, once."""

from __future__ import annotations

import re
import tomllib

from tests.pages.found import ROOT


def test_the_readme_lists_every_extra() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme.partition("\n## Extras\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = sorted(name for row in rows for name in re.findall(r"`([a-z]+)`", row))
    assert listed == sorted(project["optional-dependencies"])
