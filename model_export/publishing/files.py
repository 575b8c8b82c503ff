"""Exported files in a directory, without a repository around them."""

from __future__ import annotations

from pathlib import Path

import onnx

from edgeagent.errors import ModelError, OutputError
from edgeagent.messages.artefacts import Artefacts

__all__ = ["write_files"]


def write_files(artefacts: Artefacts, directory: Path) -> list[tuple[str, int]]:
    """Write what is exported; return names and lengths.

    Raises:
        ModelError: the graph does not pass ``onnx.checker``; nothing is written then.
        OutputError: the directory cannot be written to.

    """
    try:
        onnx.checker.check_model(onnx.load_from_string(artefacts.model), full_check=True)
    except onnx.checker.ValidationError as error:
        raise ModelError(
            f"the graph does not pass onnx.checker: {error}", hint="train the model again"
        ) from error
    files = artefacts.files()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (directory / name).write_bytes(data)
    except OSError as error:
        raise OutputError(
            f"{directory} cannot be written: {error.strerror}", hint="choose another --out"
        ) from error
    return [(name, len(data)) for name, data in files.items()]
