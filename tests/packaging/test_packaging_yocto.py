"""The Yocto layer: what can be checked of it without a build."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from edgeagent.install.files import install_directory

HERE = Path(__file__).parent
LAYER = install_directory() / "yocto" / "meta-edgeagent"
RECIPES = sorted(LAYER.rglob("*.bb"))
FILES = [*RECIPES, *sorted(LAYER.rglob("*.inc")), LAYER / "conf" / "layer.conf"]
OURS = LAYER / "recipes-edgeagent/edgeagent/edgeagent_0.1.0.bb"
HOW_YOCTO = "needs pip install -e '.[yocto]'"
TOLERATED = {
    "oelint.var.licenseremotefile": "wheels carry their licence's text, recipes its common name",
    "oelint.vars.homepageping": "no test asks the internet",
    "oelint.vars.insaneskip": "published wheels are stripped already, and their hashes are checked",
}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: str(recipe.stem))
def test_every_recipe_names_licence_checksum_and_what_it_needs(recipe: Path) -> None:
    text = recipe.read_text("utf-8")
    for name in ("SUMMARY", "DESCRIPTION", "LICENSE", "LIC_FILES_CHKSUM", "RDEPENDS:${PN}"):
        assert f"\n{name}" in f"\n{text}", name
    if recipe.parent.name != "edgeagent":  # our own wheel is made beside it
        assert re.search(r'(SRC_URI\[sha256sum\]|WHEEL_SHA256\S*) = "[0-9a-f]{64}"', text)
    assert text.count('"') % 2 == 0


def test_our_recipe_needs_what_the_project_asks_for_and_nothing_else() -> None:
    project = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["service"]]
    names = {"python3-" + re.split(r"[<>=]", dependency)[0] for dependency in asked}
    needed = re.search(r'RDEPENDS:\$\{PN\} \+= "(.*?)"', OURS.read_text("utf-8"), re.DOTALL)
    assert needed is not None
    assert set(needed[1].replace("\\", " ").split()) == names | {"python3-modules"}


def test_our_recipe_installs_every_unit() -> None:
    text = OURS.read_text("utf-8")
    for unit in (install_directory() / "systemd").iterdir():
        assert unit.name in text or unit.name == "edgeagent.sysusers.conf", unit.name
    assert "USERADD_PARAM" in text  # bitbake's way to what sysusers does


def test_our_recipe_installs_the_launcher_that_the_debian_package_has() -> None:
    assert "install -D -m 0755 $data/launcher ${D}${bindir}/edgeagent\n" in OURS.read_text("utf-8")


def test_the_launcher_tells_root_where_the_service_of_the_box_is(tmp_path: Path) -> None:
    """As in an image, whose Python packages lie with all others."""
    script = install_directory() / "launcher"
    assert script.read_text("utf-8").startswith("#!/usr/bin/python3 -IB\n")
    seen = tmp_path / "seen.py"
    seen.write_text(
        "import os, pwd, runpy, sys\n"
        "import edgeagent.cli\n"
        "os.geteuid, pwd.getpwuid = (lambda: 0), (lambda _: pwd.struct_passwd(['root'] * 7))\n"
        "edgeagent.cli.main = lambda: print(os.environ.get('EDGEAGENT_SOCKET'))\n"
        "runpy.run_path(sys.argv[1])\n",
        "utf-8",
    )
    command = [sys.executable, str(seen), str(script)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env={})
    assert done.stdout == "/run/edgeagent/socket\n"


def test_the_recipe_s_version_is_ours() -> None:
    project = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    assert OURS.stem == f"edgeagent_{project['version']}"


@pytest.mark.parametrize("architecture", ["aarch64", "x86-64"])
@pytest.mark.skipif(find_spec("bb") is None, reason=HOW_YOCTO)
def test_bitbake_s_parser_reads_every_recipe(architecture: str) -> None:
    command = [sys.executable, str(HERE / "bitbake_parse.py"), str(LAYER), architecture]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read.keys() == {recipe.name for recipe in RECIPES}
    for name, said in read.items():
        assert said["RDEPENDS:PN"].strip(), name
        assert said["LIC_FILES_CHKSUM"].startswith("file://"), name
    wheel = read["python3-onnxruntime_1.32.0.bb"]
    assert f"manylinux_2_28_{architecture.replace('-', '_')}.whl" in wheel["SRC_URI"]
    assert re.fullmatch("[0-9a-f]{64}", wheel["WHEEL_SHA256"])


@pytest.mark.skipif(find_spec("oelint_adv") is None, reason=HOW_YOCTO)
def test_the_linter_of_recipes_finds_nothing() -> None:
    program = shutil.which("oelint-adv", path=str(Path(sys.executable).parent))
    assert program is not None
    command = [program, "--quiet", "--release", "scarthgap", *map(str, FILES)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    found = re.findall(r":(?:error|warning):(oelint\.[\w.]+):(.*)", done.stderr + done.stdout)
    assert not [(rule, words) for rule, words in found if rule not in TOLERATED]
    assert found  # it ran
