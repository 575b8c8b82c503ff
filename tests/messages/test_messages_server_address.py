from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.errors import InputError
from edgeagent.messages.server_address import ServerAddress


@pytest.mark.parametrize(
    ("text", "host", "port", "path"),
    [
        ("https://models.example", "models.example", 443, ""),
        ("https://models.example:8443/box", "models.example", 8443, "/box"),
        ("HTTPS://xn--bcher-kva.example/a%20b", "xn--bcher-kva.example", 443, "/a%20b"),
        ("https://192.0.2.7", "192.0.2.7", 443, ""),
        ("https://[2001:db8::1]:8443", "2001:db8::1", 8443, ""),
        ("http://127.0.0.1:8000", "127.0.0.1", 8000, ""),
        ("http://[::1]:8000", "::1", 8000, ""),
        ("http://localhost/x", "localhost", 80, "/x"),
        (f"https://{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}/", ..., 443, "/"),
    ],
)
def test_encrypted_and_loopback_addresses_are_taken_apart(
    text: str, host: object, port: int, path: str
) -> None:
    address = ServerAddress.parse(text)
    assert (address.port, address.path) == (port, path)
    assert address.host == host or (host is ... and len(address.host) == 253)
    assert address.base.lower() == text.lower().rstrip("/")
    assert text.endswith(f"://{address.authority}{address.path}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://models.example", "not encrypted"),
        ("http://10.0.0.1", "not encrypted"),
        ("http://127.0.0.1.example", "not encrypted"),
        ("ftp://models.example", "not an http"),
        ("models.example", "not an http"),
        ("https:/models.example", "not an http"),
        ("https://[::1", "not an http"),
        ("https://", "for a host"),
        ("https://a..b", "for a host"),
        ("https://.a", "for a host"),
        ("https://a.", "for a host"),
        ("https://-a.example", "for a host"),
        ("https://1.2.3.999", "for a host"),
        ("https://127.1", "for a host"),
        (f"https://{'a' * 64}.example", "for a host"),
        (f"https://{'a.' * 127}b", "for a host"),
        ("https://[1.2.3.4]", "no IPv6"),
        ("https://[v1.fe]", "no IPv6"),
        ("https://[fe80::1%25eth0]", "no IPv6"),
        ("https://a:0", "for a port"),
        ("https://a:65536", "for a port"),
        ("https://a:0012345678", "for a port"),
        ("https://a:", "for a port"),
        ("https://a:-1", "for a port"),
        ("https://models.example/?id=7", "a query"),
        ("https://models.example/#box", "a query"),
        ("https://models.example/100%", "a query"),
        ("https://models.example/ü", "characters"),
        ("https://müsli.example", "characters"),
        ("https://models.example/a b", "characters"),
        ("https://models.example\n", "characters"),
        ("https://box7@models.example", "names a user"),
        ("https://box7:secret@models.example", "names a user"),
    ],
)
def test_everything_else_is_refused_with_reason_and_way_out(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as refused:
        ServerAddress.parse(text)
    assert refused.value.hint
    assert "secret" not in str(refused.value)


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=30), st.sampled_from(["", "https://"]))
def test_no_text_surprises_the_resolver(text: str, scheme: str) -> None:
    try:
        address = ServerAddress.parse(scheme + text)
    except InputError:
        return
    address.host.encode("idna")  # what socket.getaddrinfo does with it
    assert 0 < address.port < 65536
