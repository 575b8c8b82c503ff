"""The Debian package's copyright: what licence each Python package has, and where its text lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.install.debian_metadata import write_papers

LIBRARY = "usr/lib/edgeagent"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / LIBRARY).mkdir(parents=True)
    return tmp_path / "root"


def put(root: Path, name: str, *fields: str, files: tuple[str, ...]) -> None:
    """Lay down a distribution as pip does; ``fields`` are lines of its metadata."""
    information = f"{name.lower().replace('-', '_')}-1.0.dist-info"
    files = (f"{information}/METADATA", *(file.format(information) for file in files))
    for file in files:
        path = root / LIBRARY / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    metadata = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *fields])
    (root / LIBRARY / information / "METADATA").write_text(metadata + "\n\n", "utf-8")
    (root / LIBRARY / information / "RECORD").write_text("".join(f"{f},,\n" for f in files))


def paragraphs(root: Path) -> dict[str, str]:
    write_papers(root, library=root / LIBRARY, pinned="# none\n", at=1_700_000_000)
    told = (root / "usr/share/doc/edgeagent/copyright").read_text("utf-8")
    return {part.split("authors of ")[1].split()[0]: part for part in told.split("\n\n")[2:]}


def test_the_text_is_named_where_it_lies_however_the_name_is_written(root: Path) -> None:
    put(root, "Jinja2", files=("jinja2/a.py", "{}/licenses/LICENSE.txt"))
    told = paragraphs(root)["Jinja2"]
    assert f"Files: {LIBRARY}/jinja2-1.0.dist-info/* {LIBRARY}/jinja2/*\n" in told
    assert f"Its text came with it:\n /{LIBRARY}/jinja2-1.0.dist-info/licenses/LICENSE.txt" in told


def test_a_text_beside_the_code_counts_and_one_that_is_not_there_does_not(root: Path) -> None:
    put(root, "runtime", files=("runtime/LICENSE", "runtime/COPYING.x", "six.py", "bin/license"))
    (root / LIBRARY / "runtime/COPYING.x").unlink()  # not for a box
    told = paragraphs(root)["runtime"]
    assert told.endswith(f"came with it:\n /{LIBRARY}/runtime/LICENSE\n")
    assert f" {LIBRARY}/six.py\n" in told


def test_where_there_is_no_text_nobody_is_sent_to_look_for_it(root: Path) -> None:
    put(root, "flat-buffers", files=("flat.py",))
    assert "Its text did not come with it." in paragraphs(root)["flat-buffers"]


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        (("License-Expression: MIT", "License: Mine"), "MIT"),
        (("License: Apache 2.0",), "Apache 2.0"),
        (("License: UNKNOWN", "Classifier: License :: OSI Approved :: BSD License"), "BSD License"),
        (("Classifier: Typing :: Typed",), "see-below"),
    ],
)
def test_the_licence_is_told_in_the_field_that_says_it(
    root: Path, fields: tuple[str, ...], licence: str
) -> None:
    put(root, "any", *fields, files=("any.py",))
    assert f"\nLicense: {licence}\n" in paragraphs(root)["any"]
