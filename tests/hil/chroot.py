"""An arm64 userland on this machine's own kernel, every program of it run by qemu-aarch64."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.hil.binary_format import binary_format
from tests.hil.rootfs import SSHD_CONFIG

__all__ = ["chroot"]

_END_SECONDS = 30
_DATA_MEBIBYTES = 64

# In a mount and process namespace of its own: when its first process ends, all of it is gone.
# The processors of sysfs are this machine's, and onnxruntime crashes over them: it is told of one.
_ENTER = r"""
set -eu
root=$1
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 sys "$root/sys"
mkdir -p "$root/sys/devices/system/cpu"
for list in possible present; do echo 0 > "$root/sys/devices/system/cpu/$list"; done
for place in data run tmp; do
  mount -t tmpfs -o "mode=1777,size=$2m" "$place" "$root/$place"
done
mount -t tmpfs -o mode=755 dev "$root/dev"
for name in full null random tty urandom zero; do
  : > "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir -p "$root/run/sshd" "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
shift 2
exec chroot "$root" "$@"
"""


@contextmanager
def chroot(state: Path, *, root: Path, address: str) -> Iterator[None]:
    """Run an sshd inside ``root`` for the length of the block.

    Args:
        state: empty; holds what sshd says.
        root: from :func:`tests.hil.rootfs.build_rootfs`; nothing in it is changed.
        address: of loopback; sshd listens on its port 2222.

    """
    # The default processor, "max", makes numpy warn of what no real one does.
    settings = ("PATH=/usr/sbin:/usr/bin", "HOME=/root", "QEMU_CPU=cortex-a72")
    sshd = (
        *("/usr/sbin/sshd", "-D", "-e", "-f", SSHD_CONFIG, "-o", f"ListenAddress={address}"),
        *("-o", "Port=2222", "-o", "SetEnv=QEMU_CPU=cortex-a72"),
    )
    with (
        binary_format(),
        (state / "sshd.log").open("ab") as log,
        subprocess.Popen(
            [
                *("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child=SIGKILL"),
                *("env", "-i", *settings, "sh", "-c", _ENTER, "enter", str(root)),
                *(str(_DATA_MEBIBYTES), *sshd),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the rehearsal, which ends this in order
        ) as process,
    ):
        try:
            yield
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the first process of the namespace, so that its parent lives to count its time."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
