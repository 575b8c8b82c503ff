"""Parse a layer with BitBake's own parser: ``python bitbake_parse.py LAYER ARCHITECTURE``.

Prints what each recipe says, as JSON. The classes that recipes inherit are openembedded-core's,
which is no package: empty ones stand in for them, so what they would add is not seen here.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

CLASSES = (
    *("pypi", "python3-dir", "python_flit_core", "python_hatchling"),
    *("python_setuptools_build_meta", "setuptools3", "systemd", "useradd"),
)
ASKED = ("SUMMARY", "LICENSE", "LIC_FILES_CHKSUM", "SRC_URI", "RDEPENDS:{name}", "WHEEL_SHA256")


class _Signatures:
    """Nothing is built, so nothing is signed."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return lambda *_arguments, **_named: None


def main(layer: Path, architecture: str) -> dict[str, dict[str, str | None]]:
    for name in ("hashserv", "hashserv.client"):  # a server that the package leaves out
        sys.modules[name] = ModuleType(name)
    import bb.data  # noqa: PLC0415
    import bb.parse  # noqa: PLC0415

    bb.parse.siggen = _Signatures()
    with tempfile.TemporaryDirectory() as directory:
        classes = Path(directory) / "classes"
        classes.mkdir()
        for name in ("base", *CLASSES):
            (classes / f"{name}.bbclass").touch()
        return {
            recipe.name: _read(recipe, bb, f"{directory}:{layer}", architecture)
            for recipe in sorted(layer.rglob("*.bb"))
        }


def _read(recipe: Path, bb: Any, path: str, architecture: str) -> dict[str, str | None]:  # noqa: ANN401
    name, _, version = recipe.stem.partition("_")
    data = bb.data.init()
    settings = {"BBPATH": path, "FILE": str(recipe), "OVERRIDES": f"linux:{architecture}"}
    for variable, value in (settings | {"PN": name, "PV": version, "WORKDIR": "/work"}).items():
        data.setVar(variable, value)
    data.setVar("__bbclasstype", "recipe")
    parsed = bb.parse.handle(str(recipe), data)[""]
    asked = {key.format(name="PN"): parsed.getVar(key.format(name=name)) for key in ASKED}
    return asked | {"sha256": parsed.getVarFlag("SRC_URI", "sha256sum")}


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), sys.argv[2]), sys.stdout)
