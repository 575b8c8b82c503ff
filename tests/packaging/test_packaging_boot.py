"""The installed package under systemd: ready, watched, hardened, its dashboard there on demand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.running import LineClient
from tests.packaging.booted import Machine, booted
from tests.pages.found import ROOT, Page

pytestmark = pytest.mark.deep
STORE_PAGE = Page(path=ROOT / "edgeagent" / "store" / "README.md")
INSTALL_PAGE = Page(path=ROOT / "edgeagent" / "install" / "README.md")
SEAL = "head -c 32 /dev/urandom | systemd-creds encrypt --name=edgeagent -"
AS_THE_SERVICE = ("setpriv", "--reuid=edgeagent", "--regid=edgeagent", "--clear-groups")
SERVICE, DASHBOARD = "edgeagent.service", "edgeagent-dashboard.service"
_VISIT = """
import sys, urllib.request
answer = urllib.request.urlopen(sys.argv[1], timeout=60)
print(answer.status, answer.headers["Content-Security-Policy"].split(";")[0])
print("session" in answer.headers["Set-Cookie"])
"""


@pytest.fixture(scope="module")
def machine(image: Path) -> Iterator[Machine]:
    with booted(image) as running:
        yield running


def restart(machine: Machine, unit: str, **settings: str) -> None:
    """Restart a unit with other settings in its drop-in."""
    directory = machine.path(f"/run/systemd/system/{unit}.d")
    directory.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}={value}\n" for name, value in settings.items()]
    (directory / "test.conf").write_text("[Service]\n" + "".join(lines), "utf-8")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reset-failed", unit)
    machine.run("systemctl", "restart", unit)


def visit(machine: Machine) -> str:
    link = machine.run(*AS_THE_SERVICE, "edgeagent", "dashboard").strip()
    return machine.run("python3", "-c", _VISIT, link)


def test_it_is_ready_when_the_machine_is(machine: Machine) -> None:
    assert machine.run("systemctl", "is-active", SERVICE).strip() == "active"
    assert machine.run("systemctl", "is-enabled", SERVICE).strip() == "enabled"
    assert machine.show(SERVICE, "StatusText") == "serving"
    assert machine.show(SERVICE, "Result") == "success"
    assert not machine.run("systemctl", "--failed", "--plain", "--no-legend").strip()


def test_the_page_s_command_opens_a_box_whose_key_systemd_holds(machine: Machine) -> None:
    home = "/var/tmp/sealed"  # noqa: S108  (of the machine, which nobody else uses)
    machine.run("install", "-d", "-o", "edgeagent", home)
    machine.path(f"{home}/config.toml").write_text('key_provider = "credential"\n', "utf-8")
    machine.run("sh", "-c", f"{SEAL} /etc/edgeagent/edgeagent.cred")
    (line,) = [line for line in STORE_PAGE.shell_lines() if "systemd-run" in line]
    sudo, *given, _ = shlex.split(line.replace("/var/lib/edgeagent", home))
    assert sudo == "sudo"
    machine.run(*given, "consent", "grant", "history")
    assert "[on ] history" in machine.run(*given, "consent", "show")
    assert machine.fails(*AS_THE_SERVICE, "edgeagent", "--home", home, "consent", "show")


def test_a_box_begins_under_the_drop_in_that_the_page_gives_to_an_image(machine: Machine) -> None:
    settings, home = "/etc/edgeagent/config.toml", "/var/lib/edgeagent"
    shipped = machine.path(settings).read_text("utf-8")
    drop_in = re.search(r"^ *```ini\n(.*?)^ *```", INSTALL_PAGE.text, re.MULTILINE | re.DOTALL)
    assert drop_in is not None
    begin_as_new_box(machine, settings='key_provider = "credential"\n', drop_in=drop_in[1])
    assert machine.show(SERVICE, "ActiveState") == "active"
    assert machine.path(f"{home}/ledger.db").exists()
    assert not machine.path(f"{home}/kek").exists()  # of the provider ``file``
    begin_as_new_box(machine, settings=shipped, drop_in="")
    assert machine.path(f"{home}/kek").exists()


def begin_as_new_box(machine: Machine, *, settings: str, drop_in: str) -> None:
    """Reset the box as its platform would, under other settings."""
    machine.run("systemctl", "stop", SERVICE)
    machine.run("find", "/var/lib/edgeagent", "-mindepth", "1", "-delete")
    machine.run("sh", "-c", f"{SEAL} /etc/edgeagent/edgeagent.cred")
    machine.path("/etc/edgeagent/config.toml").write_text(settings, "utf-8")
    directory = machine.path(f"/etc/systemd/system/{SERVICE}.d")
    directory.mkdir(exist_ok=True)
    (directory / "key.conf").write_text(drop_in, "utf-8")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", SERVICE)


def test_owner_and_root_are_told_where_it_is(machine: Machine) -> None:
    command = ("edgeagent", "service", "endpoint", "--json")
    told = machine.run(*AS_THE_SERVICE, *command)
    assert "/run/edgeagent/socket" in told
    assert told == machine.run(*command)
    nobody = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    assert machine.fails(*nobody, *command)


def test_a_viewing_is_kept_over_the_socket(machine: Machine) -> None:
    with LineClient(machine.path("/run/edgeagent/socket")) as client:
        before = client.result("EdgeAgent.status")["viewings"]
        client.result("EdgeAgent.grant", {"purpose": "history"})
        assert client.result("Discovery.watched", {"entityId": "boot:1"}) is True
        assert client.result("EdgeAgent.status")["viewings"] == before + 1
    # What was acknowledged is there after a kill, and systemd starts the service again.
    with machine.log(SERVICE) as lines:
        machine.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", SERVICE)
        assert any("Started" in line for line in lines)
    with LineClient(machine.path("/run/edgeagent/socket")) as client:
        assert client.result("EdgeAgent.status")["viewings"] == before + 1


def test_the_scoring_child_starts_under_the_hardening(machine: Machine) -> None:
    with LineClient(machine.path("/run/edgeagent/socket")) as client:
        client.result("EdgeAgent.grant", {"purpose": "history"})
        client.result("EdgeAgent.grant", {"purpose": "personalization"})
        assert "no model" in client.error("EdgeAgent.recommend")["message"]


def test_a_service_that_hangs_is_restarted_by_the_watchdog(machine: Machine) -> None:
    restart(machine, SERVICE, WatchdogSec="3", RestartSec="0")
    hung = machine.show(SERVICE, "MainPID")
    with machine.log(SERVICE) as lines:
        machine.run("systemctl", "kill", "--signal=STOP", "--kill-whom=main", SERVICE)
        assert any("Watchdog timeout" in line for line in lines)
        assert any("Started" in line for line in lines)
    assert machine.show(SERVICE, "MainPID") not in {hung, "0"}
    assert machine.run("systemctl", "is-active", SERVICE).strip() == "active"
    with LineClient(machine.path("/run/edgeagent/socket")) as client:
        assert client.result("EdgeAgent.status")["problems"] == []


def test_the_first_visit_starts_the_dashboard_and_it_goes_when_idle(machine: Machine) -> None:
    machine.run("systemctl", "stop", DASHBOARD)
    assert visit(machine).split() == ["200", "default-src", "'self'", "True"]
    assert machine.run("systemctl", "is-active", DASHBOARD).strip() == "active"
    begin = re.search(r"argv\[\]=([^;]+?) ;", machine.show(DASHBOARD, "ExecStart"))
    assert begin is not None
    with machine.log(DASHBOARD) as lines:
        restart(machine, DASHBOARD, ExecStart=f"\nExecStart={begin[1]} --idle-seconds 1")
        assert any("Deactivated successfully" in line for line in lines)
    assert machine.show(DASHBOARD, "Result") == "success"
    assert visit(machine).startswith("200")  # started again


def test_the_dashboard_sees_neither_keys_nor_a_network(machine: Machine) -> None:
    restart(machine, DASHBOARD)
    visit(machine)
    process = machine.show(DASHBOARD, "MainPID")
    inside = ("nsenter", f"--target={process}", "--mount", "--net", "--")
    assert machine.run("ls", "/var/lib/edgeagent").split()
    assert machine.fails(*inside, *AS_THE_SERVICE, "ls", "/var/lib/edgeagent")
    assert machine.run("cat", f"/proc/{process}/net/dev").count(":") == 1  # loopback, of its own
    script = "import socket; socket.create_connection(('127.0.0.1', 3473), 5)"
    assert machine.fails(*inside, "python3", "-c", script)


def test_no_log_tells_who_watches_or_what(machine: Machine) -> None:
    with LineClient(machine.path("/run/edgeagent/socket")) as client:
        client.result("EdgeAgent.grant", {"purpose": "history"})
        client.result("Discovery.watched", {"entityId": "boot:secret"})
    restart(machine, SERVICE)
    visit(machine)
    log = machine.run("journalctl", "--no-pager", "--unit", "edgeagent*")
    assert "serving" in log
    assert "boot:" not in log
    assert '"profiles"' not in log


def test_an_upgrade_keeps_what_was_decided_and_a_purge_leaves_nothing(
    machine: Machine, package: Path
) -> None:
    with LineClient(machine.path("/run/edgeagent/socket")) as client:
        client.result("EdgeAgent.grant", {"purpose": "history"})
        client.result("Discovery.watched", {"entityId": "boot:2"})
        kept = client.result("EdgeAgent.status")["viewings"]
    settings = machine.path("/etc/edgeagent/config.toml")
    settings.write_text("retention_days = 30\n", "utf-8")
    machine.run("systemctl", "disable", "--now", "edgeagent-dashboard.socket")
    again = shlex.split("env DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i")
    machine.run(*again, f"/{package.name}")
    assert settings.read_text("utf-8") == "retention_days = 30\n"
    with LineClient(machine.path("/run/edgeagent/socket")) as client:
        assert client.result("EdgeAgent.status")["viewings"] == kept
        assert client.result("EdgeAgent.retention")["days"] == 30
    assert machine.fails("systemctl", "is-enabled", "edgeagent-dashboard.socket")
    assert (
        not machine.run("dpkg", "--verify", "edgeagent")
        .replace("??5?????? c /etc/edgeagent/config.toml", "")
        .strip()
    )
    machine.run("dpkg", "--remove", "edgeagent")
    assert machine.path("/var/lib/edgeagent/history.db").exists()
    machine.run("dpkg", "--purge", "edgeagent")
    for path in ("/var/lib/edgeagent", "/usr/lib/edgeagent", "/etc/edgeagent/config.toml"):
        assert not machine.path(path).exists(), path
    assert machine.fails("systemctl", "is-active", SERVICE)
    # For the other tests, whichever order they come in.
    machine.run("dpkg", "-i", f"/{package.name}")
    machine.run("systemctl", "is-active", SERVICE)
