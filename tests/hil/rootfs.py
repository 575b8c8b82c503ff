"""A Debian root file system for arm64, from nothing and without running a line of it.

``mmdebstrap --variant=extract`` unpacks packages and runs none of their scripts, so nothing is
emulated; the few files that scripts would have made are written here. What the scripts of a real
board's packages do is therefore not rehearsed.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Literal

__all__ = ["AUTHORIZED_KEY", "SSHD_CONFIG", "Suite", "build_rootfs"]

Suite = Literal["bookworm", "trixie"]

AUTHORIZED_KEY = "key"
"""Private half of the key that opens a target, beside ``root``."""
SSHD_CONFIG = "/etc/ssh/hil_config"

_STDERR = 2  # stdout is for the result
_PACKAGES = (
    "base-files",
    "base-passwd",
    "bash",
    "busybox-static",
    "coreutils",
    "dash",
    "diffutils",
    "dpkg",
    "findutils",
    "grep",
    "gzip",
    "init-system-helpers",  # our package enables its units with it
    "iproute2",
    "libc-bin",
    "libstdc++6",  # of numpy and onnxruntime
    "mount",
    "openssh-server",
    "perl-base",  # init-system-helpers is written in it
    "procps",
    "python3",
    "sed",
    "systemd",
    "tar",
    "util-linux",
)
_FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "/etc/shadow": "root:*:20000:0:99999:7:::\nsshd:!:20000::::::\nnobody:*:20000:0:99999:7:::\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/fstab": "",
    SSHD_CONFIG: "HostKey /etc/ssh/ssh_host_ed25519_key\nAuthorizedKeysFile /etc/ssh/hil_keys\n"
    "PasswordAuthentication no\nUsePAM no\nUseDNS no\nPidFile none\nMaxSessions 40\n"
    "MaxStartups 100\nLoginGraceTime 600\nSubsystem sftp /usr/lib/openssh/sftp-server\n",
}


def build_rootfs(directory: Path, *, suite: Suite) -> None:
    """Fill ``directory`` with ``root``, the file system, and a key that its sshd lets in."""
    root, key = directory / "root", directory / AUTHORIZED_KEY
    _unpack(root, suite)
    _register(root)
    for path, text in _FILES.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    for mode, path in ((0o640, "etc/shadow"), (0o700, "root"), (0o1777, "tmp")):
        (root / path).chmod(mode)
    for name in ("data", "dev", "proc", "run/sshd", "sys", "opt/edgeagent"):
        (root / name).mkdir(parents=True, exist_ok=True)
    _make_key(root / "etc/ssh/ssh_host_ed25519_key")
    _make_key(key)
    (root / "etc/ssh/hil_keys").write_text(key.with_suffix(".pub").read_text("utf-8"), "utf-8")


def _unpack(root: Path, suite: Suite) -> None:
    subprocess.run(
        [
            "mmdebstrap",
            "--quiet",
            "--arch=arm64",
            "--variant=extract",
            "--skip=cleanup/apt",  # the packages themselves say what was unpacked
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
            f"--include={','.join(_PACKAGES)}",
            suite,
            str(root),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=_STDERR,
    )


def _register(root: Path) -> None:
    """Tell dpkg what has been unpacked, so that it installs ours on top."""
    archives = root / "var/cache/apt/archives"
    paragraphs = []
    for package in sorted(archives.glob("*.deb")):
        control = subprocess.run(
            ["dpkg-deb", "--field", package], check=True, capture_output=True, text=True
        ).stdout
        paragraphs.append(f"Status: install ok installed\n{control}")
        package.unlink()
    (root / "var/lib/dpkg/status").write_text("\n".join(paragraphs), "utf-8")
    shutil.rmtree(root / "var/lib/apt/lists")


def _make_key(path: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rehearsal", "-f", str(path)],
        check=True,
    )
