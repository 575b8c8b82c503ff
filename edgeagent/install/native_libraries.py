"""Libraries of others that are compiled into wheels, where no package manager knows of them.

A weakness of OpenSSL is published under its name and version, not under those of ``sqlcipher3``.
Versions are read from the bytes of the libraries: that works for wheels of another machine, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NATIVE_LIBRARIES", "NativeLibrary", "NativeVersion", "found_in"]

_OPENSSL = rb"OpenSSL (\d+\.\d+\.\d+[a-z]?) +\d+ \w{3} \d{4}"
_SQLITE = rb"[^0-9.](3\.[4-9]\d\.\d+)\0"
_VCPKG = rb"buildtrees/%b/src/v?([0-9a-f.]+)-"
"""The directory of a build with vcpkg, which asserts leave in a library."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeLibrary:
    """One that lies in a wheel, and how it is told there."""

    name: str
    within: str
    """The distribution, with the normalised name of PEP 503."""
    files: str
    """A glob below the directory of the packages."""
    version: bytes | None
    """Finds the version, as the first group; ``None``: nothing in the files says it."""
    licence: str
    """SPDX."""
    cpe: str = ""
    """Vendor and product in the National Vulnerability Database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeVersion:
    """A library that was found."""

    library: NativeLibrary
    file: str
    """Below the directory of the packages."""
    version: str | None


def _onnxruntime(
    name: str, licence: str, version: bytes | None = None, cpe: str = ""
) -> NativeLibrary:
    return NativeLibrary(
        name=name,
        within="onnxruntime",
        files="onnxruntime/capi/onnxruntime_pybind11_state*.so",
        version=version or _VCPKG % name.encode(),
        licence=licence,
        cpe=cpe,
    )


NATIVE_LIBRARIES = (
    NativeLibrary(
        name="openssl",
        within="cryptography",
        files="cryptography/hazmat/bindings/_rust*.so",
        version=_OPENSSL,
        licence="Apache-2.0",
        cpe="openssl:openssl",
    ),
    NativeLibrary(
        name="openssl",
        within="sqlcipher3",
        files="sqlcipher3/_sqlite3*.so",
        version=_OPENSSL,
        licence="Apache-2.0",
        cpe="openssl:openssl",
    ),
    NativeLibrary(
        name="sqlcipher",
        within="sqlcipher3",
        files="sqlcipher3/_sqlite3*.so",
        version=rb"\0(4\.\d+\.\d+)\0",
        licence="BSD-3-Clause",
        cpe="zetetic:sqlcipher",
    ),
    NativeLibrary(
        name="sqlite",
        within="sqlcipher3",
        files="sqlcipher3/_sqlite3*.so",
        version=_SQLITE,
        licence="blessing",
        cpe="sqlite:sqlite",
    ),
    NativeLibrary(
        name="libffi", within="cffi", files="_cffi_backend*.so", version=None, licence="MIT"
    ),
    NativeLibrary(
        name="openblas",
        within="numpy",
        files="numpy.libs/libscipy_openblas*.so",
        version=rb"OpenBLAS (\d+\.\d+\.\d+)",
        licence="BSD-3-Clause",
        cpe="openblas_project:openblas",
    ),
    NativeLibrary(
        name="libgfortran",
        within="numpy",
        files="numpy.libs/libgfortran*.so*",
        version=None,
        licence="GPL-3.0-or-later WITH GCC-exception-3.1",
    ),
    NativeLibrary(
        name="libquadmath",  # x86 only
        within="numpy",
        files="numpy.libs/libquadmath*.so*",
        version=None,
        licence="LGPL-2.1-or-later",
    ),
    # ONNX Runtime links these statically. The last five serve its reports to its maker, which
    # edgeagent.scoring switches off before it is loaded; the code is in the file all the same.
    _onnxruntime("abseil", "Apache-2.0"),
    _onnxruntime("onnx", "Apache-2.0", cpe="linuxfoundation:onnx"),
    _onnxruntime("protobuf", "BSD-3-Clause", cpe="google:protobuf"),
    _onnxruntime("re2", "BSD-3-Clause"),
    _onnxruntime("mbedtls", "Apache-2.0 OR GPL-2.0-or-later", cpe="arm:mbed_tls"),
    _onnxruntime("curl", "curl", rb"libcurl (\d+\.\d+\.\d+)", "haxx:curl"),
    _onnxruntime("sqlite", "blessing", _SQLITE, "sqlite:sqlite"),
    _onnxruntime("cpp_client_telemetry", "Apache-2.0", rb"EVT-Linux-C\+\+-No-([0-9.]+)"),
)


def found_in(library: Path) -> tuple[NativeVersion, ...]:
    """Return the native libraries below the directory of the packages, with their versions.

    One whose version is not in its bytes is returned without: it is there all the same.
    """
    found = []
    for native in NATIVE_LIBRARIES:
        for path in sorted(library.glob(native.files)):
            told = native.version and re.search(native.version, path.read_bytes())
            found.append(
                NativeVersion(
                    library=native,
                    file=str(path.relative_to(library)),
                    version=told[1].decode("ascii") if told else None,
                )
            )
    return tuple(found)
