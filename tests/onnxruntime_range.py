"""The oldest and the newest ONNX Runtime that may be installed run an exported model.

``python -m tests.onnxruntime_range`` trains a small model, makes one environment for each end of
the range that pyproject.toml states, and lets the box's own engine load the model there and check
its golden vectors. It needs a package index, and takes about a minute.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from model_export.export import export
from model_export.export_files import write_files
from model_export.synthetic import synthetic_panel
from model_export.train import train

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

directory = Path(sys.argv[1])
catalogue = CatalogueView.of(decode_catalogue((directory / "titles.catalogue").read_bytes()))
engine = Engine(OnnxModel((directory / "model.onnx").read_bytes()), catalogue)
engine.check_golden((directory / "golden.npz").read_bytes())
print(onnxruntime.__version__)
"""


def main() -> None:
    """Try both ends of the range."""
    with tempfile.TemporaryDirectory() as scratch:
        exported = Path(scratch) / "export"
        panel = synthetic_panel(5, households=150, weeks=26, titles=250)
        model = train(panel, seed=1, segments=16, dimension=16)
        write_files(export(model, model, now=_NOW), exported)
        for name, requirement in _ends().items():
            version = _check(Path(scratch) / name, requirement, exported)
            print(f"onnxruntime {version}: golden vectors within tolerance ({name} accepted)")  # noqa: T201  (it is a command)


def _ends() -> dict[str, str]:
    """Return requirements for the oldest and the newest release that pyproject.toml accepts."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    stated = next(line for line in project["dependencies"] if line.startswith("onnxruntime"))
    found = re.fullmatch(r"onnxruntime>=([\d.]+),<([\d.]+)", stated)
    if found is None:
        message = f"pyproject.toml says {stated!r}, not a range"
        raise ValueError(message)
    return {"oldest": f"onnxruntime=={found[1]}.*", "newest": f"onnxruntime<{found[2]}"}


def _check(environment: Path, requirement: str, exported: Path) -> str:
    """Run the golden vectors in an environment of its own; return the version that ran them."""
    venv.create(environment, with_pip=True)
    python = str(environment / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", requirement, "numpy", "msgspec"]
    subprocess.run(install, check=True, stdout=sys.stderr)
    check = [python, "-W", "ignore", "-c", _CHECK, str(exported)]
    return subprocess.check_output(check, cwd=ROOT, text=True).strip()


if __name__ == "__main__":
    main()
