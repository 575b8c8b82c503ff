"""What an exporter writes is what a publisher reads, or a fault that names the file."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from edgeagent.errors import InputError, MalformedMessage
from edgeagent.messages import canonical_bytes
from edgeagent.messages.artefacts import ARTEFACT_FILES, Artefacts
from edgeagent.messages.targets import MANIFEST_TARGET, TASK_TARGET
from tests.server_stub.distribution.publishing_office import invented

ONE = invented(1)


def test_files_are_read_back() -> None:
    files = ONE.files()
    assert files.keys() == ARTEFACT_FILES.keys()
    assert Artefacts.from_files(files) == ONE


def test_targets_are_named_by_manifest_and_task() -> None:
    targets = ONE.targets()
    assert targets[ONE.manifest.model.path] == ONE.model
    assert targets[ONE.manifest.golden.path] == ONE.golden
    assert targets[ONE.manifest.catalogue.path] == ONE.catalogue
    assert targets[MANIFEST_TARGET] == canonical_bytes(ONE.manifest)
    assert targets[TASK_TARGET] == canonical_bytes(ONE.task)


@pytest.mark.parametrize("name", ["model.onnx", "golden.npz", "titles.catalogue"])
def test_a_file_of_another_model_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is not the file that manifest.json names"):
        Artefacts.from_files(ONE.files() | {name: invented(2).files()[name]})


def test_a_task_of_another_model_is_refused() -> None:
    other = replace(
        ONE, task=msgspec.structs.replace(ONE.task, segmenter=invented(2).task.segmenter)
    )
    with pytest.raises(InputError, match=r"task\.json names other files than manifest\.json"):
        Artefacts.from_files(other.files())


@pytest.mark.parametrize("name", ["manifest.json", "task.json"])
def test_a_message_that_does_not_decode_is_refused(name: str) -> None:
    with pytest.raises(MalformedMessage):
        Artefacts.from_files(ONE.files() | {name: b"{}"})
