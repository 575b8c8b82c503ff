"""Answers that are no download: each error names what answers in this way, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadError

from edgeagent.errors import NetworkError, UpdateRefused
from edgeagent.network.exchange import Timeouts
from edgeagent.network.fetcher import HttpFetcher
from edgeagent.network.repository import Repository
from tests.network.hostile import certificate, serving, under_tls
from tests.network.signed_repository import NOW, SERVER, Servers, SignedRepository
from tests.network.test_network_fetcher import answering

WATCHFUL = Timeouts(poll_interval_seconds=0.001)
PAGE = b"<!DOCTYPE html><title>Hotel</title>"
ROOT = SignedRepository().first_root


def asked(directory: Path, url: str) -> NetworkError:
    with pytest.raises(NetworkError) as failed:
        Repository(
            directory, servers=(url,), trusted_root=ROOT, now=NOW, fetcher=HttpFetcher(WATCHFUL)
        )
    return failed.value


@pytest.mark.parametrize(
    ("head", "body", "said", "hint"),
    [
        (b"200 OK\r\nContent-Type: text/html; charset=utf-8", PAGE, "a web page came", "hotspot"),
        (b"200 OK", b"\r\n " + PAGE, "a web page came", "hotspot"),
        (b"302 Found\r\nLocation: http://log.in/", b"", "redirects to 'http://log.in/'", "hotspot"),
        (b"511 Network Authentication Required", PAGE, "answered 511", "hotspot"),
        (b"407 Proxy Authentication Required", b"", "answered 407", "proxy"),
        (b"401 Unauthorized", b"", "answered 401", "password"),
        (b"200 OK\r\nContent-Encoding: gzip", b"\x1f\x8b", "encoded with 'gzip'", "compression"),
        (b"503 Service Unavailable", b"", "answered 503", "busy"),
        (b"599 Odd", b"", "answered 599", "check server_url"),
        (b"206 Partial Content\r\nContent-Range: bytes 0-1/9", b"ab", "206", "check server_url"),
    ],
)
def test_an_answer_that_is_no_download(
    tmp_path: Path, head: bytes, body: bytes, said: str, hint: str
) -> None:
    answer = b"HTTP/1.1 " + head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with serving(answering(answer)) as seen:
        error = asked(tmp_path, f"http://127.0.0.1:{seen.port}")
    assert said in str(error)
    assert hint in error.hint


def test_a_wrong_prefix(tmp_path: Path) -> None:
    """No newer root is 404, too: that the timestamp is, says that nothing is published there."""
    servers = Servers({SERVER: SignedRepository()})
    with pytest.raises(NetworkError, match="answered 404") as failed:
        servers.shown[SERVER].opened(tmp_path, servers)
    assert "check the path in server_url" in failed.value.hint


def part_of(sent: bytes) -> tuple[int, list[bytes]]:
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: " + sent
    with serving(answering(head + b"\r\nContent-Length: 5\r\n\r\n56789")) as seen:
        url = f"http://127.0.0.1:{seen.port}/targets/a"
        with HttpFetcher(WATCHFUL).fetch_from(url, 5) as part:
            return part.start, list(part.chunks)


def test_the_range_that_was_asked_for() -> None:
    assert part_of(b"bytes 5-9/10") == (5, [b"56789"])


@pytest.mark.parametrize("sent", [b"bytes 0-9/10", b"bytes 50-54/100", b"nothing"])
def test_a_range_other_than_the_one_asked_for(sent: bytes) -> None:
    with pytest.raises(DownloadError, match="asked for the file from byte 5"):
        part_of(sent)


def test_a_certificate_of_another_server(tmp_path: Path) -> None:
    script = under_tls(certificate(tmp_path, "127.0.0.1"), answering(b""))
    with serving(script) as seen:
        error = asked(tmp_path, f"https://127.0.0.1:{seen.port}")
    assert "the certificate is not the server's: a hotspot" in error.hint


@pytest.mark.parametrize("begins_in_days", [-9, 9])
def test_a_certificate_of_another_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begins_in_days: int
) -> None:
    pem = certificate(tmp_path, "127.0.0.1", begins_in_days=begins_in_days)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with serving(under_tls(pem, answering(b""))) as seen:
        error = asked(tmp_path, f"https://127.0.0.1:{seen.port}")
    assert "if the clock of this machine is wrong, set it" in error.hint


def test_expired_metadata_name_the_time_they_were_compared_with(tmp_path: Path) -> None:
    signed = SignedRepository()
    signed.publish()
    with pytest.raises(UpdateRefused, match="the box's time, 2100-01-01T00:00:00Z") as failed:
        signed.opened(tmp_path, now=4_102_444_800)
    assert "set the clock" in failed.value.hint
