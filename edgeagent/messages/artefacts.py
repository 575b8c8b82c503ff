"""Artefacts: what an exporter hands to a publisher, as files and as targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from edgeagent.errors import InputError
from edgeagent.messages.catalogue import CATALOGUE_CAP_BYTES, decode_catalogue
from edgeagent.messages.codec import canonical_bytes, sha256_hex
from edgeagent.messages.manifest import (
    MANIFEST_CAP_BYTES,
    MODEL_CAP_BYTES,
    ModelManifest,
    decode_manifest,
)
from edgeagent.messages.targets import MANIFEST_TARGET, TASK_TARGET
from edgeagent.messages.task import TASK_CAP_BYTES, ReportTask, decode_task

__all__ = ["ARTEFACT_FILES", "Artefacts"]

_MODEL, _GOLDEN, _CATALOGUE = "model.onnx", "golden.npz", "titles.catalogue"
_MANIFEST, _TASK = "manifest.json", "task.json"
_GOLDEN_CAP_BYTES = 16 * 1024 * 1024

ARTEFACT_FILES: Mapping[str, int] = {
    _MODEL: MODEL_CAP_BYTES,
    _GOLDEN: _GOLDEN_CAP_BYTES,
    _CATALOGUE: CATALOGUE_CAP_BYTES,
    _MANIFEST: MANIFEST_CAP_BYTES,
    _TASK: TASK_CAP_BYTES,
}
"""Names in the exporter's directory, and the most bytes a box accepts of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefacts:
    """Everything that is published at once; the manifest and the task name the files by hash."""

    model: bytes
    golden: bytes
    catalogue: bytes
    manifest: ModelManifest
    task: ReportTask

    @property
    def catalogue_items(self) -> int:
        """The number of titles."""
        return len(decode_catalogue(self.catalogue).titles)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Self:
        """Take the files of an exporter's directory, by name.

        Raises:
            InputError: one does not decode, or is not the one that manifest and task name.

        """
        manifest, task = decode_manifest(files[_MANIFEST]), decode_task(files[_TASK])
        for name, reference in (
            (_MODEL, manifest.model),
            (_GOLDEN, manifest.golden),
            (_CATALOGUE, manifest.catalogue),
        ):
            if sha256_hex(files[name]) != reference.sha256:
                raise InputError(
                    f"{name} is not the file that {_MANIFEST} names", hint="export the model again"
                )
        segmenter = task.segmenter
        if (segmenter.model, segmenter.catalogue) != (manifest.model, manifest.catalogue):
            raise InputError(
                f"{_TASK} names other files than {_MANIFEST}", hint="export the model again"
            )
        return cls(
            model=files[_MODEL],
            golden=files[_GOLDEN],
            catalogue=files[_CATALOGUE],
            manifest=manifest,
            task=task,
        )

    def files(self) -> dict[str, bytes]:
        """Return the files of an exporter's directory, by name."""
        return {
            _MODEL: self.model,
            _GOLDEN: self.golden,
            _CATALOGUE: self.catalogue,
            _MANIFEST: canonical_bytes(self.manifest),
            _TASK: canonical_bytes(self.task),
        }

    def targets(self) -> dict[str, bytes]:
        """Return every target of a repository by its path."""
        return {
            self.manifest.model.path: self.model,
            self.manifest.golden.path: self.golden,
            self.manifest.catalogue.path: self.catalogue,
            MANIFEST_TARGET: canonical_bytes(self.manifest),
            TASK_TARGET: canonical_bytes(self.task),
        }
