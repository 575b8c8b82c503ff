"""An arm64 machine under qemu, and its power switch.

``python -m tests.hil.virtual_machine on STATE`` starts it, ``off`` pulls the plug: SIGKILL, so that
all that its memory held is lost and only what it had written to its data disk is left.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

__all__ = ["DATA_DISK_MEBIBYTES", "build_image", "switch_off", "switch_on", "virtual_machine"]

DATA_DISK_MEBIBYTES = 96
_SPARE_MEBIBYTES = 64
_OFF_SECONDS = 30

_INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t sysfs sys /sys
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mkdir -p /run/sshd /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t ext4 /dev/vdb /data
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
/usr/sbin/sshd -D -e -f /etc/ssh/hil_config &
while :; do wait; sleep 1; done  # the first process takes leave of orphans
"""


def build_image(directory: Path, *, root: Path) -> None:
    """Fill ``directory`` with ``root.ext4``, a disk image of the file system ``root``."""
    tree = directory / "tree"
    subprocess.run(["cp", "--archive", "--reflink=auto", root, tree], check=True)
    init = tree / "hil-init"
    init.write_text(_INIT, "utf-8")
    init.chmod(0o755)
    used = subprocess.run(
        ["du", "-s", "--block-size=1M", tree], check=True, capture_output=True, text=True
    ).stdout
    size = int(int(used.split()[0]) * 1.15) + _SPARE_MEBIBYTES
    _make_file_system(directory / "root.ext4", "-d", str(tree), mebibytes=size)
    shutil.rmtree(tree)


@contextmanager
def virtual_machine(state: Path, *, image: Path, kernel: Path, address: str) -> Iterator[None]:
    """Run a machine with an empty data disk for the length of the block.

    Args:
        state: empty; holds the data disk, the console and the process id.
        image: from :func:`build_image`.
        kernel: from :func:`tests.hil.kernel.build_kernel`.
        address: of loopback; its port 2222 leads to the machine's sshd.

    """
    _make_file_system(state / "data.raw", mebibytes=DATA_DISK_MEBIBYTES)
    command = (
        *("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "512"),
        *("-accel", "tcg,thread=multi", "-display", "none", "-monitor", "none", "-no-reboot"),
        *("-serial", f"file:{state / 'console'}"),
        *("-kernel", str(kernel / "vmlinuz"), "-initrd", str(kernel / "initrd")),
        *("-append", "console=ttyAMA0 quiet panic=-1"),
        *("-netdev", f"user,id=net,restrict=on,hostfwd=tcp:{address}:2222-:22"),
        *("-device", "virtio-net-device,netdev=net"),
        # Transports are found last first: the root becomes vda, the data disk vdb.
        *("-drive", f"file={state / 'data.raw'},format=raw,if=none,id=data,cache=none"),
        *("-device", "virtio-blk-device,drive=data"),
        *("-drive", f"file={image / 'root.ext4'},format=raw,if=none,id=root,snapshot=on"),
        *("-device", "virtio-blk-device,drive=root"),
    )
    (state / "command.json").write_bytes(msgspec.json.encode(command))
    switch_on(state)
    try:
        yield
    finally:
        switch_off(state)


def switch_on(state: Path) -> None:
    """Start the machine whose state lies there, if it does not run."""
    if _running(state) is not None:
        return
    command = msgspec.json.decode((state / "command.json").read_bytes(), type=list[str])
    with (state / "qemu.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the rehearsal, which switches off in order
        )
    (state / "pid").write_text(str(process.pid), "utf-8")
    process.returncode = 0  # it outlives this call; whoever switches off finds it by its id


def switch_off(state: Path) -> None:
    """Pull the plug."""
    handle = _running(state)
    if handle is None:
        return
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        if not select.select([handle], [], [], _OFF_SECONDS)[0]:
            message = f"the machine of {state} does not end"
            raise TimeoutError(message)
    finally:
        os.close(handle)


def _running(state: Path) -> int | None:
    """Return a handle of the machine's process, which is ours to close; ``None`` if it is off."""
    try:
        pid = int((state / "pid").read_text("utf-8"))
        handle = os.pidfd_open(pid)
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if str(state).encode() in arguments:  # else the id has gone to somebody else
        return handle
    os.close(handle)
    return None


def _make_file_system(path: Path, *options: str, mebibytes: int) -> None:
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", *options, str(path), f"{mebibytes}M"],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def main() -> None:
    """Turn the switch."""
    turn, state = sys.argv[1:]
    {"on": switch_on, "off": switch_off}[turn](Path(state))


if __name__ == "__main__":
    main()
