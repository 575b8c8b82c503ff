"""The software bill of materials of what we ship: CycloneDX 1.6, in JSON.

``cyclonedx-py``, CycloneDX's own tool for Python, lists the distributions. Added to its list: the
hash of the wheel that each was installed from, licences that their metadata do not name, the
libraries in their compiled files, and what they tell of themselves (PEP 770). Two runs over the
same file give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator
from packageurl import PackageURL

from edgeagent.errors import InputError
from edgeagent.install.debian_metadata import REQUIREMENTS
from edgeagent.install.debian_package import LIBRARY
from edgeagent.install.licences import LICENCES, normalized
from edgeagent.install.native_libraries import NativeVersion, found_in
from edgeagent.install.resolved_wheels import install_wheels, pinned_hashes, run_tool
from edgeagent.install.same_bytes import EPOCH_VARIABLE, build_time, drop_traces

__all__ = ["bill_of_materials"]

_FORMAT, _VERSION = OutputFormat.JSON, SchemaVersion.V1_6
_OURS = "edgeagent"
_LEFT_OUT = "pip=="  # fetched with the others, and not for a box
_UNKNOWN = "unknown: nothing in the file says it"
_PYTHON = """\
#!/bin/sh
# cyclonedx-py asks a Python where its packages are; ours may be for another machine.
printf '["%s"]' {library}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unpacked:
    """What is in a file that we ship."""

    library: Path
    """Directory of its Python packages."""
    pinned: str
    """Which wheels they came in, with hashes."""
    at: int
    """When it counts as built, seconds UTC."""


def bill_of_materials(shipped: Path, *, environment: Mapping[str, str]) -> str:
    """Return the bill of materials of a wheel, with what it installs, or of a Debian package.

    Args:
        shipped: the file, ``.whl`` or ``.deb``.
        environment: ``SOURCE_DATE_EPOCH`` is the time of a wheel's; a package has its own.

    Raises:
        InputError: it is neither, or a tool fails.

    """
    digest = hashlib.sha256(_bytes(shipped)).hexdigest()
    with TemporaryDirectory() as name:
        unpacked = _unpack(shipped, Path(name), environment)
        bom = _listed(unpacked, Path(name))
        hashes = pinned_hashes(unpacked.pinned)
        parts = {normalized(part.name): part for part in bom.components}
        _compare(parts, hashes, shipped)
        for part in parts.values():
            _complete(part, hashes)
        for native in found_in(unpacked.library):
            _add(bom, parts[native.library.within], _native(native))
        for distribution, told in _self_described(unpacked.library):
            _add(bom, parts[distribution], told)
    _make_root(bom, parts[_OURS], shipped, digest)
    bom.serial_number = uuid5(NAMESPACE_URL, f"sha256:{digest}")
    text: str = make_outputter(bom, _FORMAT, _VERSION).output_as_string(indent=2)
    fault = make_schemabased_validator(_FORMAT, _VERSION).validate_str(text)
    if fault is not None:
        raise InputError(
            f"what the distributions say of themselves is no CycloneDX: {fault}",
            hint="find the distribution in the message, and its metadata",
        )
    return text + "\n"


def _bytes(shipped: Path) -> bytes:
    try:
        return shipped.read_bytes()
    except OSError as error:
        raise InputError(
            f"{shipped}: {error.strerror}", hint="name a wheel or a package of ours"
        ) from error


def _unpack(shipped: Path, directory: Path, environment: Mapping[str, str]) -> _Unpacked:
    root = directory / "root"
    if shipped.suffix == ".deb":
        run_tool("dpkg-deb", "--extract", str(shipped), str(root))
        pinned = root / REQUIREMENTS
        if not pinned.is_file():
            raise InputError(
                f"{shipped} does not say what it was built from",
                hint="name a package that edgeagent service deb has made",
            )
        at = int(pinned.stat().st_mtime)
        return _Unpacked(library=root / LIBRARY, pinned=pinned.read_text("utf-8"), at=at)
    if shipped.suffix != ".whl":
        raise InputError(f"{shipped} is neither .whl nor .deb", hint="name what is shipped")
    at = build_time(shipped, environment)
    pinned_text = install_wheels(shipped, root, target=None)
    drop_traces(root)
    return _Unpacked(library=root, pinned=pinned_text, at=at)


def _listed(unpacked: _Unpacked, directory: Path) -> Bom:
    """Return what cyclonedx-py finds."""
    python, out = directory / "python", directory / "bom.json"
    python.write_text(_PYTHON.format(library=unpacked.library), "utf-8")
    python.chmod(0o755)
    run_tool(
        *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"),
        "--no-validate",  # it is done at the end, with what is added
        *("--spec-version", _VERSION.to_version(), "--output-file", str(out), str(python)),
        environment={**os.environ, EPOCH_VARIABLE: str(unpacked.at)},
    )
    found: Bom = Bom.from_json(json.loads(out.read_text("utf-8")))
    return found


def _compare(parts: Mapping[str, Component], hashes: Mapping[str, str], shipped: Path) -> None:
    """Compare what cyclonedx-py has found with what pip has installed.

    Raises:
        InputError: they differ: one was missed, or the package was changed after it was built.

    """
    found = {f"{part.name}=={part.version}" for name, part in parts.items() if name != _OURS}
    differ = {key for key in found ^ hashes.keys() if not key.startswith(_LEFT_OUT)}
    if differ or _OURS not in parts:
        raise InputError(
            f"{shipped} does not hold what it says it was built from; look for: "
            + ", ".join(sorted(differ) or [_OURS]),
            hint="build it again with edgeagent service deb",
        )


def _complete(part: Component, hashes: Mapping[str, str]) -> None:
    """Add the hash of its wheel, and a licence, to a distribution."""
    wheel = hashes.get(f"{part.name}=={part.version}")
    if wheel is not None:  # ours has that of the shipped file
        part.hashes.add(_sha256(wheel))
    licence = LICENCES.get(normalized(part.name))
    if licence is not None and not any(_is_spdx(said) for said in part.licenses):
        part.licenses = _licences(licence)


def _is_spdx(said: object) -> bool:
    return not isinstance(said, DisjunctiveLicense) or said.id is not None


def _licences(expression: str) -> tuple[object, ...]:
    return (LicenseFactory().make_from_string(expression),)


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def _native(found: NativeVersion) -> Component:
    library = found.library
    version = found.version or ""
    purl = PackageURL("generic", None, library.name, version or None)
    return Component(
        type=ComponentType.LIBRARY,
        name=library.name,
        version=found.version,
        bom_ref=f"{library.within}#{library.name}",
        licenses=_licences(library.licence),
        purl=purl,
        cpe=f"cpe:2.3:a:{library.cpe}:{version}:*:*:*:*:*:*:*" if library.cpe and version else None,
        properties=[
            Property(name="edgeagent:compiled-into", value=found.file),
            *([] if version else [Property(name="edgeagent:version", value=_UNKNOWN)]),
        ],
    )


def _self_described(library: Path) -> Iterable[tuple[str, Component]]:
    """Yield what wheels bring as bills of their own; libraries that we have found are passed over.

    The ways in which such a part depends on another stay in the wheel's own bill.
    """
    for path in sorted(library.glob("*.dist-info/sboms/*.json")):
        distribution = normalized(path.parents[1].name.partition("-")[0])
        found = {
            native.library.name
            for native in found_in(library)
            if native.library.within == distribution
        }
        for part in Bom.from_json(json.loads(path.read_text("utf-8"))).components:
            if part.name not in found:
                part.bom_ref.value = f"{distribution}#{part.name}@{part.version}"
                part.external_references = ()
                part.properties = [Property(name="edgeagent:told-by", value=path.name)]
                yield distribution, part


def _add(bom: Bom, whole: Component, part: Component) -> None:
    bom.components.add(part)
    bom.register_dependency(whole, [part])
    bom.register_dependency(part)


def _make_root(bom: Bom, ours: Component, shipped: Path, digest: str) -> None:
    """Make our own distribution what the bill is about: the file that is shipped."""
    bom.components.remove(ours)
    ours.type = ComponentType.APPLICATION
    ours.hashes = [_sha256(digest)]
    if shipped.suffix == ".deb":
        architecture = shipped.stem.rpartition("_")[2]
        ours.purl = PackageURL("deb", None, _OURS, ours.version, {"arch": architecture})
    ours.properties.add(Property(name="edgeagent:file", value=shipped.name))
    bom.metadata.component = ours
