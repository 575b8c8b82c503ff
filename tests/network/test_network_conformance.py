"""The client that the public conformance suite starts; the suite itself is run by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeagent.messages.targets import MANIFEST_TARGET
from edgeagent.testing.tuf_client import client
from tests.publishing import Publisher


@pytest.fixture
def box(publisher: Publisher, tmp_path: Path) -> Path:
    for name in ("metadata", "targets"):
        (tmp_path / name).mkdir()
    root = str(publisher.repository / "root.json")
    assert started(tmp_path / "metadata", "init", root).exit_code == 0
    return tmp_path


def started(metadata: Path, *arguments: str) -> Result:
    return CliRunner().invoke(client, ["--metadata-dir", str(metadata), *arguments])


def downloaded(box: Path, server_url: str, *, beside: str = "targets") -> Result:
    at = ("--metadata-url", f"{server_url}/metadata/", "--target-name", MANIFEST_TARGET)
    to = ("--target-base-url", f"{server_url}/targets/", "--target-dir", str(box / beside))
    return started(box / "metadata", *at, *to, "download")


def test_it_refreshes_and_downloads(box: Path, server_url: str) -> None:
    assert downloaded(box, server_url).exit_code == 0
    assert [path.name for path in (box / "targets").iterdir()] == ["models%2Fmanifest.json"]
    url = ("--metadata-url", f"{server_url}/metadata")
    assert started(box / "metadata", *url, "refresh").exit_code == 0


def test_what_does_not_verify_is_an_error_with_a_hint(
    box: Path, publisher: Publisher, server_url: str
) -> None:
    timestamp = publisher.repository / "metadata" / "timestamp.json"
    timestamp.write_bytes(timestamp.read_bytes().replace(b'"sig":"', b'"sig":"0'))
    refused = downloaded(box, server_url)
    assert refused.exit_code == 1
    assert "does not verify" in refused.output


def test_directories_as_no_box_has_them_are_refused(box: Path, server_url: str) -> None:
    assert downloaded(box, server_url, beside="elsewhere").exit_code == 2
