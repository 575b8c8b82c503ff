"""What a machine starts with: a script of ten lines, or systemd with little more than our unit."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["INIT", "Init", "install_init"]

Init = Literal["script", "systemd"]

INIT: dict[Init, str] = {"script": "/hil-init", "systemd": "/lib/systemd/systemd"}
"""The first process, for the kernel's command line."""

_NETWORK = """ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
"""
_SCRIPT = f"""#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t sysfs sys /sys
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mkdir -p /run/sshd /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t ext4 /dev/vdb /data
{_NETWORK}/usr/sbin/sshd -D -e -f /etc/ssh/hil_config &
while :; do wait; sleep 1; done  # the first process takes leave of orphans
"""
_PREPARE = f"""#!/bin/sh
set -e
mkdir -p /run/sshd
mount -t ext4 /dev/vdb /data
{_NETWORK}"""
_SSHD = """[Unit]
Description=What the tests come in by
[Service]
ExecStartPre=/hil-prepare
ExecStart=/usr/sbin/sshd -D -e -f /etc/ssh/hil_config
KillMode=process
[Install]
WantedBy=multi-user.target
"""
_MASKED = (
    *("systemd-logind.service", "systemd-user-sessions.service", "getty.target"),
    *("cryptsetup.target", "veritysetup.target", "integritysetup.target"),
    *("dev-hugepages.mount", "dev-mqueue.mount", "proc-sys-fs-binfmt_misc.automount"),
    *("sys-fs-fuse-connections.mount", "sys-kernel-config.mount", "sys-kernel-debug.mount"),
    *("sys-kernel-tracing.mount", "kmod-static-nodes.service", "systemd-binfmt.service"),
    *("systemd-modules-load.service", "systemd-pcrphase.service", "systemd-random-seed.service"),
    *("systemd-pcrphase-sysinit.service", "systemd-repart.service", "systemd-firstboot.service"),
    *("systemd-update-utmp.service", "systemd-update-utmp-runlevel.service"),
    *("systemd-ask-password-wall.path", "systemd-ask-password-console.path"),
    *("systemd-journal-flush.service", "systemd-initctl.socket", "timers.target"),
)
"""What a machine without users, modules and disk encryption need not wait for."""
_MACHINE_ID = "5e1f0b0c5e1f4b0ca11ce0de7a11ab1e\n"


def install_init(root: Path) -> None:
    """Lay both into a root file system."""
    units = root / "etc/systemd/system"
    wants = units / "multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    _write(root / "hil-init", _SCRIPT, mode=0o755)
    _write(root / "hil-prepare", _PREPARE, mode=0o755)
    _write(units / "hil-sshd.service", _SSHD, mode=0o644)
    _write(root / "etc/machine-id", _MACHINE_ID, mode=0o444)
    (wants / "hil-sshd.service").symlink_to("../hil-sshd.service")
    (units / "default.target").symlink_to("/usr/lib/systemd/system/multi-user.target")
    for name in _MASKED:
        (units / name).symlink_to("/dev/null")


def _write(path: Path, text: str, *, mode: int) -> None:
    path.write_text(text, "utf-8")
    path.chmod(mode)
