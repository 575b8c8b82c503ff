"""What Debian wants to know of a package besides its files: licences, changes, checksums."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path

from edgeagent import __version__
from edgeagent.install.files import install_directory
from edgeagent.install.licences import spdx_licence

__all__ = ["REQUIREMENTS", "write_checksums", "write_papers"]

REQUIREMENTS = "usr/share/doc/edgeagent/requirements.txt"
"""Below the root of the package: what it was built from."""

_MAINTAINER = "edgeagent contributors <edgeagent@example.invalid>"
_HEAD = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: edgeagent

Files: *
Copyright: edgeagent contributors
License: Apache-2.0
 On Debian systems the text of this licence is in /usr/share/common-licenses/Apache-2.0.
"""
_TEXTS = ("licence", "license", "copying")


def write_papers(
    root: Path,
    *,
    library: Path,
    pinned: str,
    at: int,
    name: str = "edgeagent",
    source: Path | None = None,
) -> None:
    """Write copyright, changelog, what it was built from and lintian's overrides below ``root``.

    Args:
        root: of the package.
        library: where pip put our wheel and what it needs.
        pinned: the wheels in it, with their hashes.
        at: when it counts as built, seconds UTC.
        name: of the package.
        source: has ``debian/lintian-overrides``; the box's if none is given.

    """
    documents = root / "usr/share/doc" / name
    documents.mkdir(parents=True, exist_ok=True)  # examples may lie there
    _write(documents / "copyright", _copyright(library, below=root).encode())
    changes = (
        f"{name} ({__version__}) unstable; urgency=medium\n\n"
        f"  * Version {__version__}; CHANGELOG.md of the source has what changed.\n\n"
        f" -- {_MAINTAINER}  {format_datetime(datetime.fromtimestamp(at, UTC))}\n"
    )
    _write(documents / "changelog.gz", gzip.compress(changes.encode(), 9, mtime=0))
    _write(documents / "requirements.txt", pinned.encode())
    overrides = root / "usr/share/lintian/overrides" / name
    overrides.parent.mkdir(parents=True)
    _write(overrides, ((source or install_directory()) / "debian/lintian-overrides").read_bytes())


def write_checksums(root: Path) -> None:
    """Write DEBIAN/md5sums, with which ``dpkg --verify`` finds files that have changed."""
    lines = [
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  "
        f"{path.relative_to(root)}\n"
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] not in {"DEBIAN", "etc"}
    ]
    _write(root / "DEBIAN/md5sums", "".join(lines).encode())


def _copyright(library: Path, *, below: Path) -> str:
    others = [found for found in distributions(path=[str(library)]) if found.name != "edgeagent"]
    paragraphs = [
        _paragraph(found, library.relative_to(below))
        for found in sorted(others, key=lambda found: found.name.lower())
    ]
    return "\n".join([_HEAD, *paragraphs])


def _paragraph(found: Distribution, library: Path) -> str:
    files = [path for path in found.files or () if path.parts[0] not in {"..", "bin"}]
    where = sorted({"/".join(path.parts[:1]) + "/*" * (len(path.parts) > 1) for path in files})
    texts = [
        f"/{library}/{path}"
        for path in sorted(files)
        if path.name.lower().startswith(_TEXTS) and Path(str(path.locate())).is_file()
    ]
    came = "came with it:" if texts else "did not come with it."
    return (
        f"Files: {' '.join(f'{library}/{path}' for path in where)}\n"
        f"Copyright: the authors of {found.name} {found.version}\n"
        f"License: {_licence(found)}\n" + "\n ".join([f" Its text {came}", *texts]) + "\n"
    )


def _licence(found: Distribution) -> str:
    """Return a licence's SPDX name, or what its authors say in whichever field they do."""
    known = spdx_licence(found)
    if known is not None:
        return known
    about = found.metadata
    said = [about["License"]] if "License" in about else []
    said += [
        line.rpartition(" :: ")[2]
        for line in about.get_all("Classifier", [])
        if line.startswith("License :: ")
    ]
    named = (line for text in said for line in text.strip().splitlines() if line != "UNKNOWN")
    return next(named, "see-below")


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o644)
