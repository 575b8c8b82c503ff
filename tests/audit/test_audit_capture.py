"""Every packet of a simulated quarter, and that a stray one would be seen."""

from __future__ import annotations

import os
import socket
import struct

import pytest

from tests.audit import capture as module
from tests.audit.capture import BOX, SERVER, capture, must_run, why_not
from tests.audit.capture_server import PORT, Wire
from tests.audit.part import Effort

QUICK = Effort(full=False, say=lambda _line: None)
SYN, ACK = 0x02, 0x10

pytestmark = pytest.mark.deep


def frame(
    *, source: str = BOX, port: int = 40_000, sequence: int = 7, flags: int = ACK, payload: int = 0
) -> bytes:
    """Return a frame of a connection between the box and port 443 of the server."""
    from_box = source != SERVER
    ports = (port, PORT) if from_box else (PORT, port)
    ethernet = bytes(12) + b"\x08\x00"
    addresses = socket.inet_aton(source) + socket.inet_aton(SERVER if from_box else BOX)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + payload, 0, 0, 64, 6, 0) + addresses
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, 0, 0x50, flags, 0, 0, 0)
    return ethernet + ip + tcp + bytes(payload)


def test_what_a_kernel_sends_again_is_counted_once() -> None:
    wire = Wire()
    begin = (1 << 32) - 3  # sequence numbers begin again at zero
    wire.take(frame(sequence=begin - 1, flags=SYN), SERVER)
    for sequence, payload in ((begin, 5), (begin, 5), (2, 7), (begin, 12), (begin - 1, 0)):
        wire.take(frame(sequence=sequence % (1 << 32), payload=payload), SERVER)
    assert (wire.connections[40_000].sent_bytes, wire.strange) == (12, [])


def test_the_last_frames_of_a_connection_may_come_late_but_carry_nothing_of_the_box() -> None:
    wire = Wire()
    wire.take(frame(), SERVER, {40_000})
    wire.take(frame(source=SERVER, payload=24), SERVER, {40_000})
    assert (wire.late, dict(wire.connections), wire.strange) == (2, {}, [])
    wire.take(frame(payload=1), SERVER, {40_000})
    wire.take(frame(), SERVER)
    wire.take(frame(source="10.77.0.3", port=40_000), SERVER)
    assert len(wire.strange) == 3


@pytest.fixture(scope="module")
def can_capture() -> None:
    reason = why_not()
    if reason and must_run():
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.mark.usefixtures("can_capture")
def test_what_should_not_leave_is_seen() -> None:
    wrong = "\n".join(capture(QUICK, faults=("stray", "tag", "long", "hoard")).wrong)
    assert "a packet nobody declared" in wrong
    assert "downloads of two boxes of one cohort differ" in wrong
    assert "reports differ in head or length" in wrong
    assert "box 1 fetched 5 of 7 creatives" in wrong
    assert "not declared" in wrong


@pytest.mark.parametrize(
    ("setting", "user", "ok"), [("1", 0, False), ("1", 1000, True), ("", 0, True)]
)
def test_what_cannot_be_captured_is_skipped_but_not_by_root_where_all_is_installed(
    monkeypatch: pytest.MonkeyPatch, *, setting: str, user: int, ok: bool
) -> None:
    monkeypatch.setenv("EDGEAGENT_CI", setting)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(module, "why_not", lambda: "no cable")
    result = capture(QUICK)
    assert (result.skipped, result.ok) == ("no cable", ok)
    assert result.wrong == (() if ok else ("has to run here: no cable",))
