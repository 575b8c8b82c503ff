from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import edgeagent
from edgeagent.scoring.syscall_filter import (
    ARCHITECTURES,
    Architecture,
    filter_available,
    filter_program,
    install_filter,
)

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
ALLOWED, REFUSED = 0x7FFF0000, 0x00050001
CASES = [pytest.param(architecture, id=name) for name, architecture in ARCHITECTURES.items()]


def _judged(architecture: Architecture, number: int, *arguments: int, audit: int = 0) -> int:
    """Run the filter as the kernel would; see Documentation/networking/filter.rst."""
    audit = audit or architecture.audit
    data = struct.pack("=IIQ6Q", number, audit, 0, *arguments, *[0] * (6 - len(arguments)))
    program = list(struct.iter_unpack("=HBBI", filter_program(architecture)))
    place = held = 0
    while True:
        code, if_true, if_false, operand = program[place]
        place += 1
        if code == 0x06:
            return int(operand)
        if code == 0x20:
            (held,) = struct.unpack_from("=I", data, operand)
            continue
        holds = {
            0x15: held == operand,
            0x35: held >= operand,
            0x45: bool(held & operand),
        }[code]
        place += if_true if holds else if_false


@pytest.mark.parametrize("architecture", CASES)
def test_what_scoring_does_without_is_refused_and_the_rest_allowed(
    architecture: Architecture,
) -> None:
    opening = {number for number, _ in architecture.opening.values()}
    refused = {number for number in range(600) if _judged(architecture, number) == REFUSED}
    assert refused == set(architecture.refused.values())
    assert {_judged(architecture, n) for n in set(range(600)) - refused} == {ALLOWED}
    assert not opening & refused


@pytest.mark.parametrize("architecture", CASES)
@pytest.mark.parametrize(
    ("flags", "verdict"),
    [
        (os.O_RDONLY | os.O_CLOEXEC, ALLOWED),
        (os.O_RDONLY | os.O_DIRECTORY, ALLOWED),
        (os.O_WRONLY, REFUSED),
        (os.O_RDWR, REFUSED),
        (os.O_RDONLY | os.O_CREAT, REFUSED),
        (os.O_RDONLY | os.O_TRUNC, REFUSED),
    ],
)
def test_files_are_opened_to_read(architecture: Architecture, flags: int, verdict: int) -> None:
    for number, argument in architecture.opening.values():
        arguments = [2**32 - 1] * argument + [flags]  # the others do not matter
        assert _judged(architecture, number, *arguments) == verdict


@pytest.mark.parametrize("architecture", CASES)
def test_other_numberings_are_refused_altogether(architecture: Architecture) -> None:
    assert _judged(architecture, 0, audit=0x40000003) == REFUSED  # i386
    assert _judged(architecture, 0x40000000) == REFUSED  # x32


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_are_those_of_the_kernel_s_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        return
    text = HEADERS[machine].read_text("utf-8")
    numbers = dict(re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", text, re.MULTILINE))
    ours = ARCHITECTURES[machine]
    wanted = {**ours.refused, **{name: number for name, (number, _) in ours.opening.items()}}
    assert {name: int(numbers[name]) for name in wanted} == wanted


TRIALS = """
import ctypes, os, socket, sys
from edgeagent.scoring.syscall_filter import filter_available, install_filter
os.chdir(sys.argv[1])
open('there', 'w').close()
assert filter_available() == install_filter() == True
here = os.getpid()
trials = {
    'socket': lambda: socket.socket(),
    'unix': lambda: socket.socket(socket.AF_UNIX),
    'pair': lambda: socket.socketpair(),
    'write': lambda: open('there', 'w'),
    'append': lambda: open('there', 'a'),
    'new': lambda: os.open('new', os.O_CREAT),
    'mkdir': lambda: os.mkdir('new'),
    'rename': lambda: os.rename('there', 'new'),
    'link': lambda: os.link('there', 'new'),
    'symlink': lambda: os.symlink('there', 'new'),
    'unlink': lambda: os.unlink('there'),
    'fifo': lambda: os.mkfifo('new'),
    'truncate': lambda: os.truncate('there', 9),
    'memory file': lambda: os.memfd_create('new'),
    'execute': lambda: os.execv(sys.executable, [sys.executable]),
    'kill': lambda: os.kill(here, 0),
}
allowed = []
for name, trial in trials.items():
    try:
        trial()
    except PermissionError:
        continue
    allowed.append(name)
print(allowed, open('there').read() == '', os.listdir())
"""


@pytest.mark.skipif(os.uname().machine not in ARCHITECTURES, reason="no filter for this machine")
def test_a_process_with_the_filter_reads_and_does_nothing_else(tmp_path: Path) -> None:
    root = Path(edgeagent.__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", TRIALS, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(root)},
    )
    if "AssertionError" in done.stderr and not filter_available():
        pytest.skip("this kernel has no filters")
    assert done.stdout == "[] True ['there']\n", done.stderr


def test_another_machine_has_no_filter() -> None:
    assert not install_filter("riscv64")
    assert not filter_available("riscv64")
