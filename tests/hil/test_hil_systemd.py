"""Our Debian package under systemd: its unit starts, is kept in bounds, and lives on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edgeagent import __version__
from tests.hil.board import Board
from tests.hil.conftest import Figures
from tests.hil.office import Office
from tests.publishing import Publisher, titles_of

pytestmark = pytest.mark.lg_feature("systemd")

IDLE_KIB = 48 * 1024
SOCKET = "/run/edgeagent/socket"
SETTINGS = "/etc/edgeagent"
DASHBOARD_PORT = 3474
MEBIBYTE = 1 << 20
SET = "systemctl set-property --runtime edgeagent.service"


@dataclass(frozen=True)
class Unit:
    """The unit of our package, on a board."""

    board: Board

    def show(self, *properties: str) -> dict[str, str]:
        """Return properties of the unit."""
        said = self.board.check(f"systemctl show edgeagent.service -p {','.join(properties)}")
        return dict(line.split("=", 1) for line in said.splitlines())

    def ask(self, *calls: tuple[str, str]) -> Any:  # noqa: ANN401  (JSON)
        """Call methods over its socket and return their results."""
        return self.board.onboard("ask", SOCKET, *(word for call in calls for word in call))

    def limit(self, name: str) -> str:
        """Return a limit of its control group."""
        group = self.show("ControlGroup")["ControlGroup"]
        return self.board.check(f"cat /sys/fs/cgroup{group}/{name}")

    def status(self) -> dict[str, str]:
        """Return what the kernel says of its main process."""
        text = self.board.check(f"cat /proc/{self.show('MainPID')['MainPID']}/status")
        return {
            name: value.strip() for name, _, value in (x.partition(":") for x in text.split("\n"))
        }


@pytest.fixture(scope="module")
def unit(board: Board, office: Office) -> Iterator[Unit]:
    """The service, running since its package was installed over settings that were there."""
    package = os.environ.get("LG_HIL_DEB")
    if package is None:
        pytest.skip("no Debian package: name one with LG_HIL_DEB")
    architecture = subprocess.run(
        ["dpkg-deb", "--field", package, "Architecture"], check=True, capture_output=True, text=True
    ).stdout.strip()
    if board.check("dpkg --print-architecture") != architecture:
        pytest.skip(f"the package is for {architecture}")
    board.check(f"mkdir -p {SETTINGS}")
    board.check(f"cp {office.directory}/repository/root.json {SETTINGS}/root.json")
    settings = office.settings(trusted_root=f"{SETTINGS}/root.json")
    board.write(settings.encode(), f"{SETTINGS}/config.toml")
    board.check(f"chmod 644 {SETTINGS}/*")
    board.write(Path(package).read_bytes(), f"{board.place}/edgeagent.deb")
    said = board.run(f"dpkg --force-confold --force-unsafe-io -i {board.place}/edgeagent.deb")
    assert said.code == 0, (said, board.run("journalctl -u edgeagent -n 50 --no-pager").out)
    yield Unit(board)
    board.check("dpkg --purge edgeagent")
    board.check(f"rm -r {SETTINGS}")
    assert board.run("test -e /var/lib/edgeagent").code != 0, "the history outlives a purge"


@pytest.fixture
def half(unit: Unit) -> Iterator[None]:
    """Half of its memory, for a restarted service: a peak is that of its control group."""
    unit.board.check(f"{SET} MemoryMax=128M && systemctl restart edgeagent.service")
    yield
    unit.board.check(f"{SET} CPUQuota= MemoryMax=320M")


def pick(unit: Unit, watched: str) -> None:
    """Allow, watch and be given picks that name what was watched."""
    *_, stored, picks = unit.ask(
        ("EdgeAgent.grant", '{"purpose": "history"}'),
        ("EdgeAgent.grant", '{"purpose": "personalization"}'),
        ("EdgeAgent.updateModel", ""),
        ("Discovery.watched", f'{{"entityId": "{watched}", "progress": 1.0, "completed": true}}'),
        ("EdgeAgent.recommend", '{"limit": 3}'),
    )
    assert stored is True
    assert len(picks["picks"]) == 3
    assert watched in str(picks["picks"]), "no reason names what was watched"


def test_the_package_starts_a_service_that_says_it_is_ready(unit: Unit) -> None:
    shown = unit.show("ActiveState", "Type", "User", "UnitFileState")
    # Of this type, active means that READY has been heard.
    assert shown == {
        "ActiveState": "active",
        "Type": "notify",
        "User": "edgeagent",
        "UnitFileState": "enabled",
    }
    assert __version__ in unit.board.check("edgeagent --version")


def test_viewings_come_in_and_picks_go_out_under_the_hardening(
    unit: Unit, publication: Publisher
) -> None:
    pick(unit, titles_of(publication, "Comedy")[0])


def test_the_limits_of_the_unit_are_in_force(unit: Unit) -> None:
    assert unit.limit("memory.high") == str(256 * MEBIBYTE)
    assert unit.limit("memory.max") == str(320 * MEBIBYTE)
    assert unit.limit("pids.max") == "64"
    assert unit.limit("cpu.weight") == "20"


def test_the_unit_picks_with_half_of_its_memory(
    unit: Unit, half: None, publication: Publisher, figures: Figures
) -> None:
    del half
    unit.board.check(f"{SET} CPUQuota=25%")
    assert unit.limit("cpu.max") == "25000 100000"
    assert unit.limit("memory.max") == str(128 * MEBIBYTE)
    # Its speed is given back before it has to answer: under emulation a quarter is next to nothing.
    unit.board.check(f"{SET} CPUQuota=")
    pick(unit, titles_of(publication, "Comedy")[0])
    figures["unit_memory_peak_bytes"] = int(unit.limit("memory.peak"))
    assert "oom_kill 0" in unit.limit("memory.events").splitlines()


def test_the_hardening_of_the_unit_is_in_force(unit: Unit) -> None:
    status = unit.status()
    assert status["Uid"].split()[0] != "0"
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert {int(status[name], 16) for name in ("CapEff", "CapBnd", "CapAmb")} == {0}
    inside = f"/proc/{unit.show('MainPID')['MainPID']}"
    options = {
        line.split()[4]: line.split()[5].split(",")
        for line in unit.board.check(f"cat {inside}/mountinfo").splitlines()
    }
    assert "ro" in options["/"]
    assert "rw" in options["/var/lib/edgeagent"]
    assert unit.board.check(f"ls {inside}/root/root {inside}/root/tmp") == (
        f"{inside}/root/root:\n\n{inside}/root/tmp:"
    ), "it sees the home of root, or what others keep in /tmp"


def test_the_service_stays_within_its_budget(unit: Unit, figures: Figures) -> None:
    rss = int(unit.status()["VmRSS"].split()[0])
    figures["unit_kib"] = {"rss": rss}
    assert rss <= IDLE_KIB


def test_a_service_that_hangs_is_started_again_with_its_history(unit: Unit) -> None:
    unit.ask(
        ("EdgeAgent.grant", '{"purpose": "history"}'),
        ("Discovery.watched", '{"entityId": "t:before", "progress": 1.0, "completed": true}'),
    )
    before = unit.show("MainPID", "NRestarts")
    unit.board.check(f"kill -STOP {before['MainPID']}")
    restarts = int(before["NRestarts"]) + 1
    unit.board.check(
        "until [ $(systemctl show edgeagent.service -p NRestarts --value) -ge "
        f"{restarts} ] && systemctl is-active --quiet edgeagent.service; do sleep 0.5; done"
    )
    after = unit.show("MainPID", "NRestarts", "ActiveState")
    assert after["MainPID"] != before["MainPID"]
    assert (after["NRestarts"], after["ActiveState"]) == (str(restarts), "active")
    journal = unit.board.check("journalctl -u edgeagent.service --no-pager -o cat")
    assert "Watchdog timeout" in journal, journal
    assert "t:before" in str(unit.ask(("EdgeAgent.history", "")))


def test_the_dashboard_is_there_when_it_is_asked_for(unit: Unit) -> None:
    running = "pgrep -u edgeagent -f edgeagent.dashboard"
    fetch = (
        "import urllib.request as r, urllib.error as e\n"
        f"try: print(r.urlopen('http://127.0.0.1:{DASHBOARD_PORT}/', timeout=300).status)\n"
        "except e.HTTPError as error: print(error.code)"
    )
    assert unit.board.run(running).code == 1
    # Who has no link is told so, by the dashboard.
    assert unit.board.check(f'python3 -c "{fetch}"') == "403"
    assert unit.board.check(running)


def test_it_stops_in_order(unit: Unit) -> None:
    unit.board.check("systemctl stop edgeagent.service")
    shown = unit.show("Result", "ExecMainStatus", "ActiveState")
    assert shown == {"Result": "success", "ExecMainStatus": "0", "ActiveState": "inactive"}
    unit.board.check("systemctl start edgeagent.service")
