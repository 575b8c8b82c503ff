"""The Debian package, installed and started in a clean chroot as a box would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from edgeagent.install.files import install_directory
from tests.api.running import LineClient
from tests.packaging.conftest import run

pytestmark = pytest.mark.deep


@pytest.mark.skipif(shutil.which("lintian") is None, reason="needs apt-get install lintian")
def test_debian_s_checker_finds_nothing(package: Path) -> None:
    command = ["lintian", "--allow-root", "--fail-on=error,warning", "--no-tag-display-limit"]
    done = subprocess.run([*command, str(package)], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_stays_within_the_budget_that_its_page_names(package: Path) -> None:
    page = (install_directory() / "README.md").read_text("utf-8")
    named = re.search(r"^\| flash, package .*\| ([\d.]+) MB, ([\d,]+) KiB \|", page, re.MULTILINE)
    assert named is not None
    assert package.stat().st_size <= float(named[1]) * 1e6
    installed = run("dpkg-deb", "--field", package, "Installed-Size")
    assert int(installed) <= int(named[2].replace(",", ""))


def test_every_package_inside_is_named_with_its_licence(chroot: Path) -> None:
    told = (chroot / "usr/share/doc/edgeagent/copyright").read_text("utf-8")
    inside = {path.name.split("-")[0] for path in chroot.glob("usr/lib/edgeagent/*.dist-info")}
    assert {"onnxruntime", "sqlcipher3", "tuf", "uvicorn"} <= inside
    named = told.lower().replace("-", "_")
    assert all(f"authors of {name.lower()} " in named for name in inside - {"edgeagent"})


@pytest.mark.skipif(find_spec("cyclonedx_py") is None, reason="needs pip install -e '.[release]'")
def test_the_bill_of_materials_names_what_is_installed(chroot: Path, package: Path) -> None:
    bill = chroot / "bill.json"
    run(sys.executable, "-m", "edgeagent", "service", "sbom", package, "--out", bill)
    told = json.loads(bill.read_text("utf-8"))
    parts = [told["metadata"]["component"], *told["components"]]
    named = {
        (part["name"], part["version"])
        for part in parts
        if part["purl"].startswith(("pkg:pypi/", "pkg:deb/"))
    }
    library = chroot / "usr/lib/edgeagent"
    listed = run(sys.executable, "-m", "pip", "list", "--path", library, "--format", "json")
    assert named == {(each["name"], each["version"]) for each in json.loads(listed)}
    assert all(part.get("licenses") for part in parts)
    checked = run("chroot", chroot, "edgeagent", "service", "check-sbom", "/bill.json")
    assert "holds what the bill names" in checked


def test_installing_again_changes_nothing(chroot: Path, package: Path) -> None:
    assert not run("chroot", chroot, "dpkg", "--verify", "edgeagent").strip()
    before = (chroot / "etc/passwd").read_text("utf-8")
    for _ in range(2):
        run("chroot", chroot, "dpkg", "-i", f"/{package.name}")
    assert (chroot / "etc/passwd").read_text("utf-8") == before
    wanted = {path.name for path in chroot.glob("etc/systemd/system/*.wants/edgeagent*")}
    assert wanted == {"edgeagent.service", "edgeagent-dashboard.socket"}


def test_it_installs_user_unit_and_settings(chroot: Path) -> None:
    assert "edgeagent:" in (chroot / "etc/passwd").read_text("utf-8")
    state = (chroot / "var/lib/edgeagent").stat()
    assert state.st_mode & 0o777 == 0o700
    assert state.st_uid != 0
    unit = (chroot / "lib/systemd/system/edgeagent.service").read_text("utf-8")
    assert "WatchdogSec=60" in unit
    pages = {path.name for path in (chroot / "usr/share/man/man1").glob("edgeagent*")}
    assert {"edgeagent.1.gz", "edgeagent-profile-lock.1.gz"} <= pages
    completes = (chroot / "usr/share/bash-completion/completions/edgeagent").read_text("utf-8")
    assert "_EDGEAGENT_COMPLETE=bash_complete" in completes
    shown = run("chroot", chroot, "edgeagent", "config", "check")
    assert "/etc/edgeagent/config.toml: good" in shown


def test_it_starts_as_its_user_and_answers(chroot: Path) -> None:
    user = run("chroot", chroot, "id", "-u", "edgeagent").strip()
    (chroot / "run/edgeagent").mkdir(mode=0o750, exist_ok=True)
    os.chown(chroot / "run/edgeagent", int(user), int(user))
    unit = (chroot / "lib/systemd/system/edgeagent.service").read_text("utf-8")
    begin = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ExecStart=")]
    command = ["chroot", f"--userspec={user}:{user}", str(chroot), *begin[0].split()]
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "XDG_RUNTIME_DIR": "/run/edgeagent"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as service:
        try:
            assert service.stderr is not None
            heard = list(_until("serving", service.stderr))
            assert "serving" in heard[-1], "".join(heard)
            with LineClient(chroot / "run/edgeagent/socket") as client:
                client.result("EdgeAgent.grant", {"purpose": "history"})
                assert client.result("Discovery.watched", {"entityId": "deb:1"}) is True
                assert client.result("EdgeAgent.status")["viewings"] == 1
                # The scoring child starts, and says what is missing.
                client.result("EdgeAgent.grant", {"purpose": "personalization"})
                assert "no model" in client.error("EdgeAgent.recommend")["message"]
        finally:
            service.terminate()
            service.communicate(timeout=60)  # its last words are read before the pipe closes
    assert service.returncode == 0


def _until(word: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines up to the first that holds a word, or all."""
    for line in lines:
        yield line
        if word in line:
            return


def test_a_package_for_another_machine_holds_nothing_of_this_one(
    package: Path, tmp_path: Path
) -> None:
    (wheel,) = package.parent.glob("*.whl")
    there = ("--architecture", "arm64", "--python", "3.13")
    run(
        sys.executable,
        "-m",
        "edgeagent",
        "service",
        "deb",
        "--wheel",
        wheel,
        "--out",
        tmp_path,
        *there,
    )
    (other,) = tmp_path.glob("edgeagent_*_arm64.deb")
    fields = run("dpkg-deb", "--field", other, "Architecture", "Depends")
    assert "Architecture: arm64" in fields
    assert "python3 (>= 3.13), python3 (<< 3.14)" in fields
    names = run("dpkg-deb", "--contents", other).split("\n")
    libraries = [name for name in names if name.endswith(".so")]
    assert any("cpython-313-aarch64" in name for name in libraries)
    assert not any("x86_64" in name or "cpython-311" in name for name in names)


def test_purging_takes_the_history_along(chroot: Path) -> None:
    run("chroot", chroot, "dpkg", "--purge", "edgeagent")
    assert not (chroot / "var/lib/edgeagent").exists()
    assert not (chroot / "usr/lib/edgeagent").exists()
    (package,) = chroot.glob("*.deb")  # for the other tests, whichever order they come in
    run("chroot", chroot, "dpkg", "-i", f"/{package.name}")
