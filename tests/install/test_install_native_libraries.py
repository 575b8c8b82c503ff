"""Libraries inside compiled files are found by their bytes, with the versions they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.install.bill_check import own_library
from edgeagent.install.native_libraries import found_in

SQLITE_FILE = "sqlcipher3/_sqlite3.cpython-311-x86_64-linux-gnu.so"
RUNTIME_FILE = "onnxruntime/capi/onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so"


def versions(directory: Path, file: str, content: bytes) -> dict[str, str | None]:
    path = directory / file
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return {found.library.name: found.version for found in found_in(directory)}


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        (SQLITE_FILE, b"\0OpenSSL 3.6.0 1 Oct 2025\0", {"openssl": "3.6.0"}),
        (SQLITE_FILE, b"\x003.53.4\0 \x004.19.0\0", {"sqlite": "3.53.4", "sqlcipher": "4.19.0"}),
        (RUNTIME_FILE, b"buildtrees/abseil/src/20250814.0-ab/x.h", {"abseil": "20250814.0"}),
        (RUNTIME_FILE, b"libcurl 8.23.0", {"curl": "8.23.0"}),
    ],
)
def test_a_version_is_read_from_the_bytes(
    tmp_path: Path, file: str, content: bytes, expected: dict[str, str]
) -> None:
    assert expected.items() <= versions(tmp_path, file, content).items()


def test_one_whose_bytes_name_no_version_is_listed_without(tmp_path: Path) -> None:
    assert versions(tmp_path, "numpy.libs/libgfortran-04.so.5", b"") == {"libgfortran": None}


@pytest.mark.deep  # it reads 60 MB
def test_what_is_installed_here_names_its_versions() -> None:
    found = found_in(own_library())
    unread = {each.library.name for each in found if each.version is None and each.library.version}
    assert not unread, "the wheels changed: native_libraries.py reads their versions"
    assert {"openssl", "sqlcipher", "sqlite"} <= {each.library.name for each in found}
