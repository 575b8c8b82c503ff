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

from tests.hil.first_process import INIT, Init, install_init

__all__ = [
    "DATA_DISK_MEBIBYTES",
    "build_image",
    "processor_seconds",
    "switch_off",
    "switch_on",
    "virtual_machine",
]

DATA_DISK_MEBIBYTES = 96
_SPARE_MEBIBYTES = 384  # our package is unpacked beside what is there
_OFF_SECONDS = 30
_KERNEL_OPTIONS = "console=ttyAMA0 quiet panic=-1 mitigations=off apparmor=0 audit=0"
"""Without mitigations and audit: nobody attacks this machine, and emulating them takes time."""


def build_image(directory: Path, *, root: Path) -> None:
    """Fill ``directory`` with ``root.ext4``, a disk image of the file system ``root``."""
    tree = directory / "tree"
    subprocess.run(["cp", "--archive", "--reflink=auto", root, tree], check=True)
    install_init(tree)
    used = subprocess.run(
        ["du", "-s", "--block-size=1M", tree], check=True, capture_output=True, text=True
    ).stdout
    size = int(int(used.split()[0]) * 1.15) + _SPARE_MEBIBYTES
    _make_file_system(directory / "root.ext4", "-d", str(tree), mebibytes=size)
    shutil.rmtree(tree)


@contextmanager
def virtual_machine(
    state: Path, *, init: Init, image: Path, kernel: Path, address: str
) -> Iterator[None]:
    """Run a machine with an empty data disk for the length of the block.

    Args:
        state: empty; holds the data disk, the console and the process id.
        init: what it starts with.
        image: from :func:`build_image`.
        kernel: from :func:`tests.hil.kernel.build_kernel`.
        address: of loopback; its port 2222 leads to the machine's sshd.

    """
    _make_file_system(state / "data.raw", mebibytes=DATA_DISK_MEBIBYTES)
    command = (
        *("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-m", "512"),
        *("-accel", "tcg,thread=multi", "-display", "none", "-monitor", "none", "-no-reboot"),
        *("-serial", f"file:{state / 'console'}"),
        *("-kernel", str(kernel / "vmlinuz"), "-initrd", str(kernel / "initrd")),
        *("-append", f"{_KERNEL_OPTIONS} init={INIT[init]}"),
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
    process.returncode = 0  # it outlives this call; switching off finds it by its id


def switch_off(state: Path) -> None:
    """Pull the plug."""
    handle = _running(state)
    if handle is None:
        return
    try:
        _note_processor_time(state)
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        if not select.select([handle], [], [], _OFF_SECONDS)[0]:
            message = f"the machine of {state} does not end"
            raise TimeoutError(message)
    finally:
        os.close(handle)


def processor_seconds(state: Path) -> float:
    """Return how long the machine has kept this one's processors busy, over all its lives."""
    notes = state / "processor_ticks"
    ticks = notes.read_text("utf-8").split() if notes.exists() else []
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _note_processor_time(state: Path) -> None:
    # The process that started it is gone, so nobody waits for its end.
    pid = (state / "pid").read_text("utf-8")
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    with (state / "processor_ticks").open("a", encoding="utf-8") as notes:
        notes.write(f"{int(fields[11]) + int(fields[12])}\n")  # utime and stime


def _running(state: Path) -> int | None:
    """Return a handle of the machine's process, which is ours to close; ``None`` if it is off."""
    try:
        pid = int((state / "pid").read_text("utf-8"))
        handle = os.pidfd_open(pid)
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if str(state).encode() in arguments:  # else the id belongs to another process by now
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
