"""The oldest and the newest ONNX Runtime that may be installed run exported models of all heads.

``python -m tests.onnxruntime_range`` trains a small model, installs each end of the range that
pyproject.toml states beside everything else, and lets the box's own engine load the model there and
check its golden vectors. It needs a package index.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from model_export.publishing.artefacts import export
from model_export.publishing.files import write_files
from model_export.synthetic import synthetic_panel
from model_export.train import train
from tests.model_export.heads.every_head import with_every_head

ROOT = Path(__file__).parent.parent
_NOW = 1_780_000_000
_CHECK = """
import sys
from pathlib import Path
import onnxruntime
from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import decode_catalogue
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.session import OnnxModel

for directory in map(Path, sys.argv[1:]):
    catalogue = CatalogueView.of(decode_catalogue((directory / "titles.catalogue").read_bytes()))
    engine = Engine(OnnxModel((directory / "model.onnx").read_bytes()), catalogue)
    engine.check_golden((directory / "golden.npz").read_bytes())
print(onnxruntime.__version__)
"""


def main() -> None:
    """Try both ends of the range."""
    with tempfile.TemporaryDirectory() as scratch:
        panel = synthetic_panel(5, households=150, weeks=26, titles=250)
        foldin = train(panel, seed=1, segments=16, dimension=16)
        exported = []
        for model in with_every_head(foldin).values():
            exported.append(Path(scratch) / model.head)
            write_files(export(model, model, now=_NOW), exported[-1])
        for name, requirement in _ends().items():
            version = _check(Path(scratch) / name, requirement, exported)
            print(f"onnxruntime {version}: all heads within tolerance ({name} accepted)")  # noqa: T201  (it is a command)


def _ends() -> dict[str, str]:
    """Return requirements for the oldest and the newest release that pyproject.toml accepts."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    stated = next(line for line in project["dependencies"] if line.startswith("onnxruntime"))
    found = re.fullmatch(r"onnxruntime>=([\d.]+),<([\d.]+)", stated)
    if found is None:
        message = f"pyproject.toml says {stated!r}, not a range"
        raise ValueError(message)
    return {"oldest": f"onnxruntime=={found[1]}.*", "newest": f"onnxruntime<{found[2]}"}


def _check(directory: Path, requirement: str, exported: list[Path]) -> str:
    """Run the golden vectors with another runtime; return the version that ran them.

    It lies before this environment's own, of which it needs no more than NumPy.
    """
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--target", directory, requirement], check=True, stdout=sys.stderr)
    check = [sys.executable, "-W", "ignore", "-c", _CHECK, *map(str, exported)]
    paths = {"PYTHONPATH": os.pathsep.join(map(str, (directory, ROOT)))}
    return subprocess.check_output(check, env=os.environ | paths, text=True).strip()


if __name__ == "__main__":
    main()
