"""What a distribution installs: it is there, it is documented, and it is as tight as it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest

from edgeagent.api.install_files import install_directory, install_files
from edgeagent.config import Config, ServiceConfig, load_config
from tests.api.settings_file import SETTINGS, settings_file

UNIT = install_directory() / "systemd" / "edgeagent.service"
SCRIPTS = ("debian/postinst", "debian/prerm", "debian/postrm")


def test_every_file_is_found() -> None:
    names = {str(path.relative_to(install_directory())) for path in install_files()}
    assert {"config.toml", "systemd/edgeagent.service", "debian/control", *SCRIPTS} <= names
    assert any(name.startswith("yocto/meta-edgeagent/") for name in names)


def test_the_settings_file_says_what_the_code_says() -> None:
    made = settings_file()
    assert SETTINGS.read_text("utf-8") == made, "run: python -m tests.api.settings_file"
    assert load_config(Path(), SETTINGS) == Config()


def test_every_default_in_the_settings_file_can_be_set(tmp_path: Path) -> None:
    lines = [
        line.removeprefix("#")
        for line in SETTINGS.read_text("utf-8").splitlines()
        if not line.startswith("# ") and not line.endswith(' = ""')
    ]
    (tmp_path / "config.toml").write_text("\n".join(lines), "utf-8")
    assert load_config(tmp_path) == Config()
    given = tomllib.loads("\n".join(lines))
    named = {*given, *given["service"]}
    fields = [*msgspec.structs.fields(Config), *msgspec.structs.fields(ServiceConfig)]
    assert named >= {field.name for field in fields if field.default is not None}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs apt-get install systemd")
def test_the_unit_is_hardened() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager"]
    done = subprocess.run([*command, UNIT], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_shell(name: str) -> None:
    done = subprocess.run(["sh", "-n", install_directory() / name], check=False)
    assert done.returncode == 0


LAYER = install_directory() / "yocto" / "meta-edgeagent"
RECIPES = sorted(LAYER.rglob("*.bb"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: str(recipe.stem))
def test_every_recipe_names_licence_checksum_and_what_it_needs(recipe: Path) -> None:
    text = recipe.read_text("utf-8")
    for name in ("SUMMARY", "LICENSE", "LIC_FILES_CHKSUM", "RDEPENDS:${PN}"):
        assert f"\n{name}" in f"\n{text}", name
    if recipe.parent.name != "edgeagent":  # our own wheel is made beside it
        assert re.search(r'(SRC_URI\[sha256sum\]|WHEEL_SHA256\S*) = "[0-9a-f]{64}"', text)
    assert text.count('"') % 2 == 0


def test_our_recipe_needs_every_dependency_of_the_device_core() -> None:
    """Our recipe names all that the device core needs."""
    recipe = (LAYER / "recipes-edgeagent/edgeagent/edgeagent_0.1.0.bb").read_text("utf-8")
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    for dependency in project["project"]["dependencies"]:
        name = re.split(r"[<>=]", dependency)[0]
        assert f"python3-{name} " in recipe, name
