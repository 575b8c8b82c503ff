from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import canonical_bytes
from server_stub.distribution.published_tasks import load_task, manifest_of, published_tasks
from server_stub.distribution.routes import repository_routes
from tests.server_stub.loopback import (
    Stub,
    make_manifest,
    make_repository,
    make_task,
    reference,
    running_stub,
)

TASK = f"/targets/tasks/{'b' * 64}.report.json"


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    """Serve once for all tests, which only read: a server takes a fifth of a second to end."""
    place = tmp_path_factory.mktemp("served")
    with running_stub(place) as running:
        directory = place / "repository"
        (directory / "targets" / "link").symlink_to(directory / "secret.key")
        yield running


def test_metadata_and_targets_are_served(stub: Stub) -> None:
    assert stub.ask("GET", "/metadata/1.root.json").body == b'{"signed": {}}'
    assert stub.ask("GET", TASK).body == canonical_bytes(make_task())
    assert stub.ask("HEAD", TASK).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/metadata",
        "/metadata/",
        "/metadata/2.root.json",
        "/secret.key",
        "/targets/../secret.key",
        "/targets/%2e%2e/secret.key",
        "/targets/..%2fsecret.key",
        "/targets/....//secret.key",
        "/targets//etc/passwd",
        "/targets/%2fetc/passwd",
        "/targets/tasks",
        "/targets/tasks/",
        "/targets/tasks/%00",
        "/targets/" + "x" * 5000,
        "/targets/link",
        "/reports.db",
    ],
)
def test_nothing_else_is_reachable(stub: Stub, path: str) -> None:
    answer = stub.ask("GET", path)
    assert answer.status in {307, 404}  # /metadata redirects to /metadata/, which is nothing
    assert b"not for anyone" not in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_repository_is_read_only(stub: Stub, method: str) -> None:
    assert stub.ask(method, TASK, body=b"x").status == 405


def test_every_client_gets_the_same_headers(stub: Stub) -> None:
    headers = stub.ask("GET", TASK).headers
    assert headers == stub.ask("GET", TASK, headers={"User-Agent": "another"}).headers
    assert not {"set-cookie", "server", "date", "vary"} & headers.keys()


def test_a_directory_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="metadata/") as caught:
        repository_routes(tmp_path)
    assert "server-stub repo publish" in caught.value.hint


def test_all_published_tasks_are_found_the_newest_last(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    newer = make_task(epoch=227)
    (repository / "targets" / "tasks" / "report.json").write_bytes(canonical_bytes(newer))
    (repository / "targets" / "tasks" / "other.report.json").write_bytes(b"not a version of it")
    assert published_tasks(repository) == (make_task(), newer)


def test_a_repository_without_a_task_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tasks/report\.json"):
        published_tasks(tmp_path)


def test_a_task_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_bytes(canonical_bytes(make_task()))
    assert load_task(path) == make_task()


@pytest.mark.parametrize("content", [None, b"{}", b"[]"])
def test_a_bad_task_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "task.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"task\.json") as caught:
        load_task(path)
    assert caught.value.hint


def test_the_manifest_is_that_of_the_tasks_model(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    other = make_manifest(
        model=reference("models/segments.onnx", "d"),
        trained_at=99,
    )
    (repository / "targets" / "models" / "manifest.json").write_bytes(canonical_bytes(other))
    assert manifest_of(repository, make_task()) == make_manifest()
    assert manifest_of(tmp_path, make_task()) is None


@pytest.mark.deep
def test_the_server_loads_no_store_no_model_and_no_numbers() -> None:
    heavy = {"onnxruntime", "sqlcipher3", "numpy", "tuf", "scipy", "sqlite_utils"}
    script = f"import sys, server_stub.ingest.app; print(sorted({heavy!r} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert run.stdout.strip() == b"[]"
