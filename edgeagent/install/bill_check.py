"""Compare a bill of materials with what is installed: on a box, or in an unpacked image.

It needs nothing but what a box has, so that the box itself can be asked.
"""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

import msgspec

from edgeagent.errors import InputError
from edgeagent.install.licences import normalized
from edgeagent.install.native_libraries import found_in

__all__ = ["differences", "own_library"]

_COMPARED = ("pkg:pypi/", "pkg:generic/")
"""Distributions, and the libraries compiled into them whose bytes are found again."""


class _BillEntry(msgspec.Struct, frozen=True):
    """What is read of a component of CycloneDX."""

    name: str
    version: str = ""
    purl: str = ""
    reference: str = msgspec.field(default="", name="bom-ref")

    def key(self) -> str:
        """Return name and version; a library that is compiled in has its distribution before it."""
        distribution_name, marked, _ = self.reference.partition("#")
        return _key(self.name, self.version, distribution_name if marked else "")


class _BillHead(msgspec.Struct, frozen=True):
    component: _BillEntry


class _Bill(msgspec.Struct, frozen=True):
    metadata: _BillHead
    components: tuple[_BillEntry, ...] = ()


def own_library() -> Path:
    """Return the directory of the Python packages of this installation."""
    return Path(msgspec.__file__).parents[1]  # of an editable install, ours are elsewhere


def differences(bill: Path, library: Path) -> tuple[str, ...]:
    """Return how a bill and a directory of Python packages differ, one line each; none: they agree.

    Parts that only a wheel's own bill names (the crates of ``cryptography``) leave no trace in an
    installation; they are not compared.

    Args:
        bill: a file that ``edgeagent service sbom`` has made.
        library: such as ``/usr/lib/edgeagent``.

    Raises:
        InputError: the file cannot be read, or is no bill of ours.

    """
    listed = _listed(bill)
    found = {_key(each.name, each.version) for each in distributions(path=[str(library)])}
    found |= {
        _key(native.library.name, native.version or "", native.library.within)
        for native in found_in(library)
    }
    lacking = [f"installed, and not in the bill: {key}" for key in sorted(found - listed)]
    return (*lacking, *(f"in the bill, and not installed: {key}" for key in sorted(listed - found)))


def _listed(bill: Path) -> set[str]:
    try:
        decoded = msgspec.json.decode(bill.read_bytes(), type=_Bill)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            f"{bill} is no bill of materials: {error}",
            hint="edgeagent service sbom PACKAGE --out BILL makes one",
        ) from error
    ours = decoded.metadata.component
    compared = (part for part in decoded.components if part.purl.startswith(_COMPARED))
    return {_key(ours.name, ours.version), *(part.key() for part in compared)}


def _key(name: str, version: str, within: str = "") -> str:
    place = f" in {within}" if within else ""
    return f"{normalized(name)} {version or 'of unknown version'}{place}"
