"""The bill of materials names what is in a package, and a check notices what it lacks."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edgeagent.cli.root import cli
from edgeagent.errors import InputError
from edgeagent.install.bill_check import differences, own_library
from tests.install.shipped import DIGEST, fill, pack, put, wheel

needs_tools = pytest.mark.skipif(
    find_spec("cyclonedx_py") is None or shutil.which("dpkg-deb") is None,
    reason="needs pip install -e '.[release]' and Debian's dpkg-deb",
)


def sbom(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["service", "sbom", *map(str, words)])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("shipped") / "root")


@pytest.fixture(scope="module")
def bill(library: Path) -> Path:
    """Return the bill of the package that ``library`` goes into."""
    root = library.parents[2]
    package, out = pack(root), root.with_name("bill.json")
    done = sbom(package, "--out", out)
    assert done.exit_code == 0, done.output
    return out


def parts(bill: Path) -> dict[str, Any]:
    return {part["bom-ref"]: part for part in json.loads(bill.read_text("utf-8"))["components"]}


@needs_tools
def test_a_distribution_has_version_licence_and_the_hash_of_its_wheel(bill: Path) -> None:
    told = parts(bill)["h11==0.16.0"]
    assert told["licenses"][0]["license"]["id"] == "MIT"
    assert told["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]
    assert told["purl"] == "pkg:pypi/h11@0.16.0"
    silent = parts(bill)["sqlcipher3==0.6.4"]  # its metadata name no licence
    assert silent["licenses"] == [{"license": {"id": "Zlib"}}]


@needs_tools
def test_a_compiled_in_library_is_a_part_of_its_own_under_the_name_weaknesses_have(
    bill: Path,
) -> None:
    told = parts(bill)["sqlcipher3#openssl"]
    assert told["version"] == "3.6.0"
    assert told["cpe"].startswith("cpe:2.3:a:openssl:openssl:3.6.0:")
    assert told["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    whole = json.loads(bill.read_text("utf-8"))
    needed = {entry["ref"]: entry.get("dependsOn", []) for entry in whole["dependencies"]}
    assert "sqlcipher3#openssl" in needed["sqlcipher3==0.6.4"]
    assert {"h11==0.16.0", "sqlcipher3==0.6.4"} <= set(needed["edgeagent==0.1.0"])
    assert parts(bill)["sqlcipher3#sqlite"]["properties"][-1]["value"].startswith("unknown")


@needs_tools
def test_what_a_wheel_says_of_itself_is_taken_over_and_nothing_is_named_twice(bill: Path) -> None:
    told = parts(bill)
    assert told["cryptography#asn1@1.2.3"]["licenses"] == [{"expression": "MIT"}]
    assert [each for each in told if each.startswith("cryptography#openssl")] == [
        "cryptography#openssl"
    ]


@needs_tools
def test_the_bill_is_about_the_package(bill: Path) -> None:
    about = json.loads(bill.read_text("utf-8"))["metadata"]["component"]
    assert about["purl"] == "pkg:deb/edgeagent@0.1.0?arch=amd64"
    assert len(about["hashes"][0]["content"]) == 64


@needs_tools
def test_two_bills_of_a_file_are_the_same_bytes(bill: Path) -> None:
    again = sbom(bill.with_name("edgeagent_0.1.0_amd64.deb"))
    assert again.output == bill.read_text("utf-8")


@needs_tools
def test_bill_and_installation_agree(bill: Path, library: Path) -> None:
    assert differences(bill, library) == ()


@needs_tools
@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("h11==0.16.0", "installed, and not in the bill: h11 0.16.0"),
        ("sqlcipher3#openssl", "installed, and not in the bill: openssl 3.6.0 in sqlcipher3"),
    ],
)
def test_a_part_that_the_bill_lacks_is_noticed(
    bill: Path, library: Path, tmp_path: Path, reference: str, said: str
) -> None:
    whole = json.loads(bill.read_text("utf-8"))
    whole["components"] = [part for part in whole["components"] if part["bom-ref"] != reference]
    lacking = tmp_path / "lacking.json"
    lacking.write_text(json.dumps(whole), "utf-8")
    assert differences(lacking, library) == (said,)
    command = ["service", "check-sbom", str(lacking), str(library)]
    seen = CliRunner().invoke(cli, command)
    assert seen.exit_code == 9
    assert said in seen.stdout
    told = CliRunner().invoke(cli, [*command, "--json"])
    assert json.loads(told.stdout)["differences"] == [said]


@needs_tools
def test_another_installation_than_the_bill_s_is_noticed(bill: Path, tmp_path: Path) -> None:
    changed = fill(tmp_path / "root", openssl="3.0.1")
    shutil.rmtree(changed / "h11-0.16.0.dist-info")
    put(changed, "left-pad", "1")
    assert differences(bill, changed) == (
        "installed, and not in the bill: left-pad 1",
        "installed, and not in the bill: openssl 3.0.1 in cryptography",
        "installed, and not in the bill: openssl 3.0.1 in sqlcipher3",
        "in the bill, and not installed: h11 0.16.0",
        "in the bill, and not installed: openssl 3.6.0 in cryptography",
        "in the bill, and not installed: openssl 3.6.0 in sqlcipher3",
    )


@needs_tools
def test_a_package_that_was_changed_after_it_was_built_gets_no_bill(tmp_path: Path) -> None:
    changed = fill(tmp_path / "root")
    put(changed, "slipped-in", "6")
    shutil.rmtree(changed / "h11-0.16.0.dist-info")
    done = sbom(pack(tmp_path / "root"))
    assert done.exit_code == 3
    assert "look for: h11==0.16.0, slipped-in==6\n" in done.output


@needs_tools
@pytest.mark.deep
def test_a_wheel_s_bill_names_what_pip_installs_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    needed = wheel(tmp_path, "needed", "2.0", "License-Expression: MIT")
    wheel(tmp_path, "needless", "1.0")
    extra = ("Provides-Extra: service", 'Requires-Dist: needed; extra == "service"')
    ours = wheel(tmp_path, "edgeagent", "0.1.0", *extra)
    done = sbom(ours, "--out", tmp_path / "bill.json")
    assert done.exit_code == 0, done.output
    told = parts(tmp_path / "bill.json")
    assert told.keys() == {"needed==2.0"}
    digest = hashlib.sha256(needed.read_bytes()).hexdigest()
    assert told["needed==2.0"]["hashes"] == [{"alg": "SHA-256", "content": digest}]
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "-qq", "install", "--target", str(installed)]
    subprocess.run([*pip, f"{ours}[service]"], check=True, capture_output=True)
    assert differences(tmp_path / "bill.json", installed) == ()


@needs_tools
@pytest.mark.parametrize(
    ("name", "said"), [("none.whl", "No such file"), ("notes.txt", "neither .whl nor .deb")]
)
def test_what_is_no_package_is_refused(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    done = sbom(tmp_path / name)
    assert done.exit_code == 3
    assert said in done.output


def test_without_the_extra_the_way_to_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cyclonedx", None)  # as Python notes what is not to be had
    done = sbom(tmp_path / "any.whl")
    assert done.exit_code == 3
    assert "edgeagent[release]" in done.output


@pytest.mark.parametrize("text", ["", "[]", '{"components": 3}', '{"components": []}'])
def test_what_is_no_bill_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bill.json").write_text(text)
    with pytest.raises(InputError, match="no bill of materials"):
        differences(tmp_path / "bill.json", tmp_path)


def test_an_installation_knows_where_its_packages_are() -> None:
    assert list(own_library().glob("msgspec-*.dist-info"))
