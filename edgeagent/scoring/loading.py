"""Load an engine from paths and hashes."""

from __future__ import annotations

import errno
from pathlib import Path

from edgeagent.errors import MalformedMessage, ModelRefused
from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import ModelFiles, decode_catalogue, sha256_hex
from edgeagent.messages.catalogue import CATALOGUE_CAP_BYTES
from edgeagent.messages.manifest import MODEL_CAP_BYTES
from edgeagent.regular_file import read_regular
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.graph_rules import Rules, require_plain_graph
from edgeagent.scoring.session import OnnxModel

__all__ = ["load_engine", "read_capped"]


def load_engine(
    files: ModelFiles, *, popular: bool = False, rules: Rules = require_plain_graph
) -> Engine:
    """Read and check a model and its catalogue, and join them into an engine.

    The hashed bytes are the bytes used: files are neither read twice nor mapped, since a mapped
    file changes with the disk.

    Args:
        files: their paths and hashes.
        popular: do not load the model, rank by popularity.
        rules: what the model file may contain; attack tests pass others.

    Raises:
        ModelRefused: a file is missing, too large, altered or malformed, or the two do not match.

    """
    catalogue = _catalogue(files)
    if popular:
        return Engine(None, catalogue)
    model = _read_verified(files.model_path, files.model_sha256, cap_bytes=MODEL_CAP_BYTES)
    return Engine(OnnxModel(model, rules=rules), catalogue)


def _catalogue(files: ModelFiles) -> CatalogueView:
    data = _read_verified(
        files.catalogue_path, files.catalogue_sha256, cap_bytes=CATALOGUE_CAP_BYTES
    )
    try:
        return CatalogueView.of(decode_catalogue(data))
    except MalformedMessage as error:
        raise ModelRefused(str(error), hint=error.hint) from error


def read_capped(path: str, *, cap_bytes: int) -> bytes:
    """Read a file of at most ``cap_bytes``.

    Raises:
        ModelRefused: it cannot be read, or exceeds the limit.

    """
    try:
        return read_regular(path, cap_bytes=cap_bytes)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise ModelRefused(
                f"{Path(path).name}: {error.strerror}",
                hint="publish a smaller one; until then the present one stays in use",
            ) from error
        raise ModelRefused(
            f"{Path(path).name}: {error.strerror}",
            hint="download it again with 'edgeagent model update'",
        ) from error


def _read_verified(path: str, sha256: str, *, cap_bytes: int) -> bytes:
    data = read_capped(path, cap_bytes=cap_bytes)
    if sha256_hex(data) != sha256:
        raise ModelRefused(
            f"{Path(path).name}: altered, its SHA-256 is not the published one",
            hint="download it again with 'edgeagent model update'",
        )
    return data
