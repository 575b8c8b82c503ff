"""What the repository room says when the other side, or the disk, is not as it should be."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tuf.api.metadata import Timestamp
from tuf.ngclient.updater import Updater

from edgeagent.errors import DiskFull, InputError, NetworkError, UpdateRefused
from edgeagent.messages import TargetReference
from edgeagent.messages.targets import ISSUED_FIELD
from edgeagent.network.repository import Repository, issued_at
from edgeagent.simulator.plan import START
from tests.publishing import Publisher


def opened(
    publisher: Publisher, server_url: str, directory: Path, *, root: bytes | None = None
) -> Repository:
    return Repository(
        directory,
        servers=(server_url,),
        trusted_root=root or (publisher.repository / "root.json").read_bytes(),
        now=START,
    )


def test_the_boxs_time_replaces_the_wall_clock(
    publisher: Publisher, server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[datetime] = []
    refresh = Updater.refresh

    def watched(self: Updater) -> None:
        seen.append(self._trusted_set.reference_time)
        refresh(self)

    monkeypatch.setattr(Updater, "refresh", watched)
    repository = opened(publisher, server_url, tmp_path / "models")
    assert seen == [datetime.fromtimestamp(START, UTC)]
    assert repository.expires_at > START


@pytest.mark.parametrize("said", [None, -1, "2026", 1e9, START * 1000])
def test_what_a_timestamp_says_of_its_issue(
    publisher: Publisher, server_url: str, tmp_path: Path, said: object
) -> None:
    """Signed when it was published; one that does not say, or nonsense, vouches for nothing."""
    assert opened(publisher, server_url, tmp_path / "models").issued_at == START
    timestamp = Timestamp(expires=datetime.fromtimestamp(START + 60, UTC))
    timestamp.unrecognized_fields[ISSUED_FIELD] = said
    assert issued_at(timestamp) == START + 60
    del timestamp.unrecognized_fields[ISSUED_FIELD]
    assert issued_at(timestamp) == START + 60
    timestamp.unrecognized_fields[ISSUED_FIELD] = START + 59
    assert issued_at(timestamp) == START + 59


def test_a_target_that_is_not_published(
    publisher: Publisher, server_url: str, tmp_path: Path
) -> None:
    repository = opened(publisher, server_url, tmp_path / "models")
    with pytest.raises(UpdateRefused, match="not in the repository"):
        repository.read("models/nothing.json")
    nothing = TargetReference(path="models/nothing.onnx", sha256="0" * 64, length_bytes=1)
    with pytest.raises(UpdateRefused, match="not in the repository"):
        repository.ensure(nothing)


def test_a_target_that_is_signed_as_something_else_than_the_manifest_says(
    publisher: Publisher, server_url: str, tmp_path: Path
) -> None:
    repository = opened(publisher, server_url, tmp_path / "models")
    model = publisher.artefacts.manifest.model
    other = TargetReference(path=model.path, sha256="0" * 64, length_bytes=model.length_bytes)
    with pytest.raises(UpdateRefused, match="other bytes than the manifest names"):
        repository.ensure(other)


def test_a_target_that_is_gone_from_the_server(
    publisher: Publisher, server_url: str, tmp_path: Path
) -> None:
    repository = opened(publisher, server_url, tmp_path / "models")
    for target in (publisher.repository / "targets").rglob("*.onnx"):
        target.unlink()
    with pytest.raises(NetworkError, match="404"):
        repository.ensure(publisher.artefacts.manifest.model)


def test_a_root_of_trust_that_is_none(
    publisher: Publisher, server_url: str, tmp_path: Path
) -> None:
    with pytest.raises((InputError, UpdateRefused)) as refused:
        opened(publisher, server_url, tmp_path / "models", root=b"not json")
    assert refused.value.hint


def test_a_directory_that_cannot_be_written(
    publisher: Publisher, server_url: str, tmp_path: Path
) -> None:
    repository = opened(publisher, server_url, tmp_path / "models")
    targets = tmp_path / "models" / "targets"
    targets.rmdir()
    targets.write_text("a file where a directory should be")
    with pytest.raises(DiskFull, match="cannot be written") as refused:
        repository.ensure(publisher.artefacts.manifest.model)
    assert "in the place of a directory" in refused.value.hint


def test_a_file_in_the_place_of_the_metadata(
    publisher: Publisher, server_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "models" / "metadata"
    file.parent.mkdir()
    file.touch()
    with pytest.raises(DiskFull, match=str(file)) as refused:
        opened(publisher, server_url, tmp_path / "models")
    assert "in the place of a directory" in refused.value.hint
    assert "disk space" not in refused.value.hint
    file.unlink()
    opened(publisher, server_url, tmp_path / "models")


def test_a_pipe_among_what_is_kept_is_not_waited_for(
    publisher: Publisher, server_url: str, tmp_path: Path
) -> None:
    directory, model = tmp_path / "models", publisher.artefacts.manifest.model
    kept = opened(publisher, server_url, directory).ensure(model)
    for path in (kept, directory / "metadata" / "timestamp.json"):
        path.unlink()
        os.mkfifo(path)
    assert opened(publisher, server_url, directory).ensure(model) == kept
    assert kept.is_file()
