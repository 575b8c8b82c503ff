"""What a distribution installs: files, documentation, and the sandbox of the units."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest

import server_stub
from edgeagent.config import DEFAULT_PORT, Config, ServiceConfig, load_config
from edgeagent.install.files import install_directory, install_files
from edgeagent.scoring.confinement import ALLOWANCE_BYTES, TIMES_CATALOGUE
from tests.install.settings_file import SETTINGS, settings_file

SYSTEMD = install_directory() / "systemd"
SERVER = Path(server_stub.__file__).parent / "install" / "systemd"
SERVICES = sorted([*SYSTEMD.glob("*.service"), *SERVER.glob("*.service")])
UNITS = [
    *SERVICES,
    *sorted(SYSTEMD.glob("*.socket")),
    *sorted([*SERVER.glob("*.timer"), *SERVER.glob("*.socket")]),
]
CATALOGUE_OF_10_000 = 1_430_000
"""Bytes, with 128 dimensions."""
SCRIPTS = ("debian/postinst", "debian/prerm", "debian/postrm")


def test_every_file_is_found() -> None:
    names = {str(path.relative_to(install_directory())) for path in install_files()}
    assert {"config.toml", "systemd/edgeagent.service", "debian/control", *SCRIPTS} <= names
    assert any(name.startswith("yocto/meta-edgeagent/") for name in names)


def test_the_unit_may_bind_the_port_that_the_service_takes() -> None:
    unit = (SYSTEMD / "edgeagent.service").read_text("utf-8")
    assert f"SocketBindAllow=ipv4:tcp:{DEFAULT_PORT}\n" in unit


def test_the_service_a_child_at_its_limit_and_an_updater_fit_below_where_memory_is_throttled() -> (
    None
):
    unit = (SYSTEMD / "edgeagent.service").read_text("utf-8")
    high = int(re.findall(r"^MemoryHigh=(\d+)M$", unit, re.MULTILINE)[0]) << 20
    service, updater, idle_child = 48 << 20, 56 << 20, 53 << 20  # as the API's page has them
    child = idle_child + ALLOWANCE_BYTES + TIMES_CATALOGUE * CATALOGUE_OF_10_000
    assert service + updater + child < high
    assert "OOMPolicy=continue\n" in unit


def test_the_settings_file_says_what_the_code_says() -> None:
    made = settings_file()
    assert SETTINGS.read_text("utf-8") == made, "run: python -m tests.install.settings_file"
    assert load_config(Path(), SETTINGS) == Config()


def test_every_default_in_the_settings_file_can_be_set(tmp_path: Path) -> None:
    lines = [
        line.removeprefix("#")
        for line in SETTINGS.read_text("utf-8").splitlines()
        if not line.startswith("# ")
    ]
    (tmp_path / "config.toml").write_text("\n".join(lines), "utf-8")
    assert load_config(tmp_path) == Config()
    given = tomllib.loads("\n".join(lines))
    named = {*given, *given["service"]}
    fields = [*msgspec.structs.fields(Config), *msgspec.structs.fields(ServiceConfig)]
    assert named >= {field.name for field in fields if field.default is not None}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs apt-get install systemd")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: str(unit.stem))
def test_every_service_is_hardened(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager"]
    done = subprocess.run([*command, unit], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs apt-get install systemd")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/usr/bin/edgeagent", "/bin/true")
        text = text.replace("/usr/bin/server-stub", "/bin/true")
        (tmp_path / unit.name).write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_shell(name: str) -> None:
    done = subprocess.run(["sh", "-n", install_directory() / name], check=False)
    assert done.returncode == 0
