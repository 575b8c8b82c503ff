"""Compare the vendored scripts with the packages they came from.

``python -m tests.dashboard.vendored`` needs npm and its registry; with ``--take`` it copies them
again and writes their hashes.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import msgspec

from edgeagent import dashboard

STATIC = Path(dashboard.__file__).parent / "static"
LIST = STATIC / "vendored.json"


def published(package: str, version: str, path: str) -> bytes:
    """Return a file as the package holds it."""
    with tempfile.TemporaryDirectory() as directory:
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        subprocess.run(command, cwd=directory, check=True, capture_output=True)
        (archive,) = Path(directory).glob("*.tgz")
        with tarfile.open(archive) as packed:
            member = packed.extractfile(f"package/{path}")
            assert member is not None, path
            return member.read()


def main() -> int:
    """Compare, or fetch again."""
    entries = msgspec.json.decode(LIST.read_bytes())
    differing = []
    for entry in entries:
        data = published(entry["package"], entry["version"], entry["path"])
        file = STATIC / entry["file"]
        if "--take" in sys.argv:
            file.write_bytes(data)
            entry["sha256"] = hashlib.sha256(data).hexdigest()
        elif file.read_bytes() != data:
            differing.append(entry["file"])
    if "--take" in sys.argv:
        LIST.write_bytes(msgspec.json.format(msgspec.json.encode(entries), indent=2) + b"\n")
    for name in differing:
        sys.stderr.write(f"{name} is not what was published\n")
    return len(differing)


if __name__ == "__main__":
    sys.exit(main())
