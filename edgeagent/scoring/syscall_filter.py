"""A seccomp filter: no sockets, files read-only, no other programs, no other processes.

Python bindings of libseccomp need that library on the box and have had no release for years;
Landlock needs Linux 5.13 and does not cover UDP and unix sockets. The refused calls are one list,
so the filter is written directly: seccomp(2) in classic BPF, for Linux 3.17 and later on x86-64 and
arm64. The child is single-threaded when it installs the filter, and later threads inherit it.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "filter_available",
    "filter_program",
    "install_filter",
]

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions of linux/filter.h: BPF_LD|W|ABS, BPF_JMP|JEQ|K, JGE, JSET, BPF_RET|K."""
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
"""Offsets in struct seccomp_data; arguments have 8 bytes each, low half first."""
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1
"""SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with EPERM."""
_X32_BIT = 0x40000000
"""Calls of the x32 ABI of x86-64, which numbers its calls separately, have this bit set."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_INSTRUCTION = struct.Struct("=HBBI")
_PR_SET_NO_NEW_PRIVS, _PR_GET_SECCOMP, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 21, 22, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The system call numbers of one architecture."""

    audit: int
    """AUDIT_ARCH_* of linux/audit.h."""
    refused: Mapping[str, int]
    opening: Mapping[str, tuple[int, int]]
    """Calls that are refused unless they open read-only: number, and index of the flags
    argument."""


ARCHITECTURES = {
    "x86_64": Architecture(
        audit=0xC000003E,
        refused={
            "socket": 41,
            "socketpair": 53,
            "execve": 59,
            "kill": 62,
            "truncate": 76,
            "rename": 82,
            "mkdir": 83,
            "rmdir": 84,
            "creat": 85,
            "link": 86,
            "unlink": 87,
            "symlink": 88,
            "ptrace": 101,
            "mknod": 133,
            "mkdirat": 258,
            "mknodat": 259,
            "unlinkat": 263,
            "renameat": 264,
            "linkat": 265,
            "symlinkat": 266,
            "open_by_handle_at": 304,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "renameat2": 316,
            "memfd_create": 319,
            "execveat": 322,
            "pidfd_send_signal": 424,
            "io_uring_setup": 425,
            "openat2": 437,
            "pidfd_getfd": 438,
        },
        opening={"open": (2, 1), "openat": (257, 2)},
    ),
    "aarch64": Architecture(
        audit=0xC00000B7,
        refused={
            "mknodat": 33,
            "mkdirat": 34,
            "unlinkat": 35,
            "symlinkat": 36,
            "linkat": 37,
            "renameat": 38,
            "truncate": 45,
            "ptrace": 117,
            "kill": 129,
            "socket": 198,
            "socketpair": 199,
            "execve": 221,
            "open_by_handle_at": 265,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "renameat2": 276,
            "memfd_create": 279,
            "execveat": 281,
            "pidfd_send_signal": 424,
            "io_uring_setup": 425,
            "openat2": 437,
            "pidfd_getfd": 438,
        },
        opening={"openat": (56, 2)},
    ),
}
"""By machine name as in uname(2)."""


def install_filter(machine: str | None = None) -> bool:
    """Refuse those calls with EPERM from now on; it cannot be undone.

    Args:
        machine: as in uname(2); ``None``: this machine.

    Returns:
        Whether it was installed: not on other architectures, nor if the kernel has no filters (as
            under user-mode emulation).

    """
    architecture = ARCHITECTURES.get(platform.machine() if machine is None else machine)
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if architecture is None or prctl is None:
        return False
    code = filter_program(architecture)
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: how many instructions, padding, where they are.
    program = struct.pack("@HP", len(code) // _INSTRUCTION.size, ctypes.addressof(buffer))
    prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong)
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, None, 0, 0):
        return False
    return not prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0)


def filter_available(machine: str | None = None) -> bool:
    """Return whether :func:`install_filter` would succeed; changes nothing."""
    known = (platform.machine() if machine is None else machine) in ARCHITECTURES
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    return known and prctl is not None and prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


def filter_program(architecture: Architecture) -> bytes:
    """Return the filter as an array of struct sock_filter."""
    program = [
        *_refuse_unless(_EQUAL, architecture.audit, loaded_from=_ARCHITECTURE_AT),
        (_LOAD, 0, 0, _NUMBER_AT),
        *_refuse_if(_AT_LEAST, [_X32_BIT]),
        *_refuse_if(_EQUAL, architecture.refused.values()),
    ]
    for number, argument in architecture.opening.values():
        program += [
            (_EQUAL, 0, 4, number),  # another call: skip to the next check
            (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument),
            *_refuse_if(_ANY_BIT, [_WRITING]),
            (_RETURN, 0, 0, _ALLOW),
        ]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in program)


_Instruction = tuple[int, int, int, int]
"""Code, instructions to skip if true, if false, operand."""


def _refuse_unless(code: int, operand: int, *, loaded_from: int) -> list[_Instruction]:
    return [(_LOAD, 0, 0, loaded_from), (code, 1, 0, operand), (_RETURN, 0, 0, _REFUSE)]


def _refuse_if(code: int, operands: Iterable[int]) -> list[_Instruction]:
    return [
        instruction
        for operand in operands
        for instruction in ((code, 0, 1, operand), (_RETURN, 0, 0, _REFUSE))
    ]
