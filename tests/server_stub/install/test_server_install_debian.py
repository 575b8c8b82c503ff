from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

import server_stub
from server_stub.cli import main
from tests.install.small_wheel import needs_click_man, small_wheel

INSTALL = Path(server_stub.__file__).parent / "install"


@pytest.mark.deep
@needs_click_man
@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs apt-get install dpkg")
def test_the_package_has_program_unit_user_and_nginx_s_configuration(tmp_path: Path) -> None:
    wheel = small_wheel(
        tmp_path, extra="server", program="server_stub", files={"onnxruntime/__init__.py": ""}
    )
    options = ["deb", "--wheel", str(wheel), "--out", str(tmp_path), "--json"]
    done = CliRunner().invoke(main, options)
    assert done.exit_code == 0, done.output
    package = Path(json.loads(done.stdout)["package"])
    assert package.name.startswith("edgeagent-server_")
    root = tmp_path / "root"
    subprocess.run(["dpkg-deb", "--raw-extract", package, root], check=True)
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert {
        "usr/bin/server-stub",
        "usr/lib/edgeagent-server/server_stub/__init__.py",
        "lib/systemd/system/edgeagent-server.service",
        "usr/lib/sysusers.d/edgeagent-server.conf",
        "usr/share/doc/edgeagent-server/examples/nginx.conf",
        "usr/share/doc/edgeagent-server/copyright",
        "usr/share/man/man1/program.1.gz",
        "usr/share/zsh/vendor-completions/_server-stub",
        "usr/share/fish/vendor_completions.d/server-stub.fish",
        "DEBIAN/postinst",
    } <= files
    assert not [name for name in files if "onnxruntime" in name]
    completion = root / "usr/share/bash-completion/completions/server-stub"
    assert completion.read_text("utf-8") == "completes by bash_source\n"
    assert "Package: edgeagent-server\n" in (root / "DEBIAN/control").read_text("utf-8")
    assert "@" not in re.sub(r"<.*>", "", (root / "DEBIAN/control").read_text("utf-8"))


def test_the_unit_serves_what_nginx_asks_and_may_listen_there() -> None:
    unit = (INSTALL / "systemd/edgeagent-server.service").read_text("utf-8")
    ports = re.findall(r"port (\d+)", unit)
    assert [f"SocketBindAllow=ipv4:tcp:{port}" in unit for port in ports] == [True, True]
    site = (INSTALL / "nginx/edgeagent-server.conf").read_text("utf-8")
    assert f"server 127.0.0.1:{ports[0]};" in site
    command = unit.split("ExecStart=/usr/bin/server-stub ")[1].splitlines()[0].split()
    context = main.commands[command[0]].make_context("server-stub", command[1:])
    assert context.params["port"] == int(ports[0])
    assert f"StateDirectory={context.params['store'].parent.name}\n" in unit


@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm"])
def test_scripts_are_shell(name: str) -> None:
    assert subprocess.run(["sh", "-n", INSTALL / "debian" / name], check=False).returncode == 0
