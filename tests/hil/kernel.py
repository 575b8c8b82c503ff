"""A kernel for the virtual machine, and an initial RAM disk that finds its disks."""

from __future__ import annotations

import lzma
import shutil
import subprocess
from pathlib import Path

from tests.hil.rootfs import Suite

__all__ = ["build_kernel"]

_STDERR = 2  # stdout is for the result
_MODULES = (
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_mmio",
    "drivers/block/virtio_blk",
    "net/core/failover",
    "drivers/net/net_failover",
    "drivers/net/virtio_net",
)
"""In the order they are loaded; ext4 and the clock are in the kernel itself."""
_INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for module in {modules}; do /bin/busybox insmod /modules/$module.ko; done
until /bin/busybox mount -t ext4 /dev/vda /root; do /bin/busybox usleep 100000; done
init=$(/bin/busybox sed 's/.*init=\\([^ ]*\\).*/\\1/' /proc/cmdline)
/bin/busybox mount --move /dev /root/dev
/bin/busybox mount --move /proc /root/proc
exec /bin/busybox switch_root /root $init
"""


def build_kernel(directory: Path, *, suite: Suite) -> None:
    """Fill ``directory``, which is empty, with ``vmlinuz`` and ``initrd``."""
    unpacked = directory / "unpacked"
    subprocess.run(
        [
            *("mmdebstrap", "--quiet", "--arch=arm64", "--variant=extract"),
            *("--include=linux-image-cloud-arm64,busybox-static", suite, str(unpacked)),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=_STDERR,
    )
    (kernel,) = unpacked.glob("boot/vmlinuz-*")
    shutil.copyfile(kernel, directory / "vmlinuz")
    (modules,) = [
        *unpacked.glob("lib/modules/*/kernel"),
        *unpacked.glob("usr/lib/modules/*/kernel"),
    ]
    (busybox,) = [*unpacked.glob("bin/busybox"), *unpacked.glob("usr/bin/busybox")]
    _build_initrd(directory, modules=modules, busybox=busybox)
    shutil.rmtree(unpacked)


def _build_initrd(directory: Path, *, modules: Path, busybox: Path) -> None:
    tree = directory / "tree"
    for name in ("bin", "dev", "modules", "proc", "root"):
        (tree / name).mkdir(parents=True)
    shutil.copy(busybox, tree / "bin/busybox")
    loaded = [name for name in _MODULES if _copy_module(modules, name, tree / "modules")]
    init = tree / "init"
    init.write_text(_INIT.format(modules=" ".join(Path(name).name for name in loaded)), "utf-8")
    init.chmod(0o755)
    names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
    with (directory / "initrd").open("wb") as file:
        subprocess.run(
            ["cpio", "--quiet", "--create", "--format=newc"],
            input=names.encode(),
            stdout=file,
            cwd=tree,
            check=True,
        )
    shutil.rmtree(tree)


def _copy_module(modules: Path, name: str, target: Path) -> bool:
    """Copy a module, unpacked; say whether there is one, for it may be in the kernel itself."""
    plain, packed = modules / f"{name}.ko", modules / f"{name}.ko.xz"
    copy = target / plain.name
    if plain.exists():
        shutil.copyfile(plain, copy)
    elif packed.exists():
        copy.write_bytes(lzma.decompress(packed.read_bytes()))
    return copy.exists()
