"""A server on loopback that treats its one caller as a script says, and a certificate for it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class Seen:
    """What a server saw."""

    port: int
    data: bytearray = field(default_factory=bytearray)
    asked: threading.Event = field(default_factory=threading.Event)
    """Set when the whole request has arrived."""
    left: threading.Event = field(default_factory=threading.Event)
    """Set when the caller has gone."""


Script = Callable[[Seen, socket.socket], None]


def read_request(seen: Seen, connection: socket.socket) -> None:
    """Read head and body of a report."""
    while len(seen.data.partition(b"\r\n\r\n")[2]) < 512:
        seen.data += connection.recv(4096) or gone()
    seen.asked.set()


def until_left(seen: Seen, connection: socket.socket) -> None:
    """Say nothing until the caller goes."""
    with suppress(OSError):
        while data := connection.recv(4096):
            seen.data += data
    seen.left.set()


def gone() -> bytes:
    """End a script whose caller has gone."""
    raise ConnectionError


@contextmanager
def serving(script: Script) -> Iterator[Seen]:
    """Serve one connection; leaving the block waits for the script."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        seen = Seen(port=listener.getsockname()[1])

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    script(seen, connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield seen
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # nobody may have called
            thread.join()


def certificate(directory: Path, *names: str, begins_in_days: int = -1) -> Path:
    """Write a certificate of two days that vouches for itself, and its key, into one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins_in_days))
        .not_valid_after(now + timedelta(days=begins_in_days + 2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(name)) for name in names]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{names[0]}.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.public_bytes(Encoding.PEM)
    )
    return path


def under_tls(pem: Path, script: Script) -> Script:
    """Return the script, spoken under TLS."""

    def spoken(seen: Seen, plain: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        with context.wrap_socket(plain, server_side=True) as connection:
            script(seen, connection)

    return spoken
