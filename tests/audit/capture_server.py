"""The receiving end of the capture: serves a repository under TLS, takes reports, sees every frame.

Runs inside its network namespace: ``python -m tests.audit.capture_server REPOSITORY PEM INTERFACE
ADDRESS``. Says ``ready``; answers each line on its input with all that was seen since the last one,
as JSON.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_EVERYTHING = 3  # ETH_P_ALL
_ARP, _IPV4 = 0x0806, 0x0800
_TCP = 6
_SYN, _SYN_AND_ACK = 0x02, 0x12
_SEQUENCE = 1 << 32
_FORCE_BUFFER = 33
"""SO_RCVBUFFORCE: beyond what the system allows; a busy machine reads late."""
_PACKET, _STATISTICS = 263, 6
"""SOL_PACKET and PACKET_STATISTICS: frames since the last question, and those lost."""
PORT = 443


@dataclass
class Connection:
    """What one connection of the box carried, as seen on the wire."""

    began: int
    """Sequence number of its first byte."""
    sent_bytes: int = 0
    """Payload from the box, TLS and all; once, also where a busy kernel sends it again."""
    received_bytes: int = 0
    """The same of the server, each time it is sent."""

    def sends(self, sequence: int, payload: int) -> None:
        """Payload of the box begins at a sequence number."""
        if payload:
            end = (sequence - self.began) % _SEQUENCE + payload
            self.sent_bytes = max(self.sent_bytes, end)


@dataclass
class Wire:
    """Every frame, accounted for."""

    frames: int = 0
    arp: int = 0
    lost: int = 0
    """Frames for which the kernel had no room."""
    late: int = 0
    """Last frames of connections of an earlier reading: a kernel closes when it gets to it."""
    connections: dict[int, Connection] = field(default_factory=dict)
    """By port of the box."""
    strange: list[str] = field(default_factory=list)
    """What is neither ARP nor a connection from the box to the server."""

    def take(self, frame: bytes, server: str, earlier: Collection[int] = ()) -> None:
        """Account for one frame; ``earlier`` are ports whose connections were read before."""
        self.frames += 1
        kind = int.from_bytes(frame[12:14], "big")
        if kind == _ARP:
            self.arp += 1
            return
        packet = frame[14:]
        if kind != _IPV4 or packet[9] != _TCP:
            self.strange.append(f"{kind:#06x} {frame[14:74].hex()}")
            return
        source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        segment = packet[(packet[0] & 15) * 4 : int.from_bytes(packet[2:4], "big")]
        ports = int.from_bytes(segment[:2], "big"), int.from_bytes(segment[2:4], "big")
        sequence = int.from_bytes(segment[4:8], "big")
        payload = len(segment) - (segment[12] >> 4) * 4
        from_box = (target, ports[1]) == (server, PORT)
        from_server = (source, ports[0]) == (server, PORT)
        port = ports[0] if from_box else ports[1]
        if from_box and segment[13] & _SYN_AND_ACK == _SYN:
            self.connections.setdefault(port, Connection(began=(sequence + 1) % _SEQUENCE))
        elif from_box and port in self.connections:
            self.connections[port].sends(sequence, payload)
        elif from_server and port in self.connections:
            self.connections[port].received_bytes += payload
        elif port in earlier and (from_server or (from_box and not payload)):
            self.late += 1
        else:
            self.strange.append(f"tcp {source}:{ports[0]} > {target}:{ports[1]}")


@dataclass
class Request:
    """One request, as the server reads it."""

    port: int
    """Of the box."""
    head: list[str]
    body_bytes: int


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_GET(self) -> None:
        self._note(b"")
        path = self.server.repository / self.path.lstrip("/")
        found = path.read_bytes() if path.is_file() else b""
        self.send_response_only(200 if found else 404)
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    def do_POST(self) -> None:
        self._note(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response_only(204)
        self.end_headers()

    def _note(self, body: bytes) -> None:
        head = [self.requestline, *(f"{name}: {value}" for name, value in self.headers.items())]
        with self.server.lock:
            self.server.requests.append(
                Request(port=self.client_address[1], head=head, body_bytes=len(body))
            )

    def log_message(self, *_: object) -> None:
        pass


class Receiver(ThreadingHTTPServer):
    """The server."""

    def __init__(self, address: str, repository: Path, pem: Path) -> None:
        super().__init__((address, PORT), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.repository = repository
        self.lock = threading.Lock()
        self.requests: list[Request] = []


def main() -> None:
    repository, pem, interface, address = sys.argv[1:]
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERYTHING))
    sniffer.bind((interface, 0))
    sniffer.setsockopt(socket.SOL_SOCKET, _FORCE_BUFFER, 64 * 1024 * 1024)
    sniffer.settimeout(0.2)
    receiver = Receiver(address, Path(repository), Path(pem))
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    frames: list[bytes] = []
    quiet = threading.Event()

    def listen() -> None:
        while True:
            try:
                frames.append(sniffer.recv(65536))
                quiet.clear()
            except TimeoutError:
                quiet.set()

    threading.Thread(target=listen, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    earlier: set[int] = set()
    for _ in sys.stdin:
        quiet.clear()
        quiet.wait()
        _, lost = struct.unpack("II", sniffer.getsockopt(_PACKET, _STATISTICS, 8))
        wire = Wire(lost=lost)
        while frames:
            wire.take(frames.pop(0), address, earlier)
        earlier.update(wire.connections)
        with receiver.lock:
            requests = [asdict(request) for request in receiver.requests]
            receiver.requests.clear()
        sys.stdout.write(json.dumps({"wire": asdict(wire), "requests": requests}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
