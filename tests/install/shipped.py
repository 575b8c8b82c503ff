"""A small Debian package, like ours: our distribution and three others, two with compiled code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from zipfile import ZipFile

from edgeagent.install.debian_metadata import REQUIREMENTS
from edgeagent.install.debian_package import LIBRARY

__all__ = ["DIGEST", "fill", "pack", "put", "wheel"]

DIGEST = "ab" * 32
_PINNED = "# how\n" + "".join(
    f"{name} --hash=sha256:{DIGEST}\n"
    for name in ("cryptography==50.0", "h11==0.16.0", "sqlcipher3==0.6.4")
)
_CRATES = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "components": [
        {
            "type": "library",
            "name": name,
            "version": "1.2.3",
            "bom-ref": f"path+file:///builder/{name}",
            "purl": f"pkg:cargo/{name}@1.2.3?download_url=file:///builder",
            "licenses": [{"expression": "MIT"}],
        }
        for name in ("asn1", "openssl")
    ],
}
"""What ``cryptography`` says of itself (PEP 770); its OpenSSL is found in its bytes, too."""


def put(library: Path, name: str, version: str, *fields: str) -> Path:
    """Put a distribution into a directory and return its metadata's."""
    information = library / f"{name}-{version}.dist-info"
    information.mkdir(parents=True)
    head = (f"Name: {name}", f"Version: {version}", *fields)
    (information / "METADATA").write_text("\n".join(("Metadata-Version: 2.4", *head, "", "")))
    return information


def fill(root: Path, *, openssl: str = "3.6.0", pinned: str = _PINNED) -> Path:
    """Fill the root of a package and return the directory of its Python packages."""
    library = root / LIBRARY
    needs = (f"Requires-Dist: {name}" for name in ("cryptography", "h11", "sqlcipher3"))
    put(library, "edgeagent", "0.1.0", "License-Expression: Apache-2.0", *needs)
    put(library, "h11", "0.16.0", "License: MIT")
    put(library, "sqlcipher3", "0.6.4")
    told = put(library, "cryptography", "50.0", "License-Expression: MIT") / "sboms/rust.json"
    told.parent.mkdir()
    told.write_text(json.dumps(_CRATES), "utf-8")
    for file in ("sqlcipher3/_sqlite3.x.so", "cryptography/hazmat/bindings/_rust.abi3.so"):
        (library / file).parent.mkdir(parents=True)
        content = b"\x7fELF\0OpenSSL %b 1 Oct 2025\0" % openssl.encode()
        (library / file).write_bytes(content)
    (root / REQUIREMENTS).parent.mkdir(parents=True)
    (root / REQUIREMENTS).write_text(pinned, "utf-8")
    return library


def pack(root: Path) -> Path:
    """Make the package of a root beside it."""
    control = root / "DEBIAN/control"
    control.parent.mkdir()
    control.write_text(
        "Package: edgeagent\nVersion: 0.1.0\nArchitecture: amd64\n"
        "Maintainer: nobody <nobody@example.invalid>\nDescription: small\n"
    )
    package = root.with_name("edgeagent_0.1.0_amd64.deb")
    command = ["dpkg-deb", "--build", "--root-owner-group", "-Znone", str(root), str(package)]
    subprocess.run(command, check=True, capture_output=True)
    return package


def wheel(directory: Path, name: str, version: str, *fields: str) -> Path:
    """Make a wheel of one empty module."""
    path = directory / f"{name}-{version}-py3-none-any.whl"
    information = f"{name}-{version}.dist-info"
    head = ("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *fields)
    files = {
        f"{name}.py": "",
        f"{information}/METADATA": "\n".join((*head, "", "")),
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{information}/RECORD"] = "".join(f"{file},,\n" for file in files)
    with ZipFile(path, "w") as packed:
        for file, text in files.items():
            packed.writestr(file, text)
    return path
