"""Several servers, and downloads that continue: against a signed repository in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import NetworkError, UpdateRefused
from edgeagent.messages.targets import RELEASES_TARGET
from edgeagent.network.target_download import STEP_BYTES
from tests.network.signed_repository import LIST_ID, MIRROR, SERVER, Servers, SignedRepository

FILE = "models/large.bin"
LARGE = bytes(range(256)) * (11 * STEP_BYTES // 1024)  # 2.75 steps


@pytest.fixture
def signed() -> SignedRepository:
    signed = SignedRepository()
    signed.targets[FILE] = LARGE
    signed.publish()
    return signed


@pytest.fixture
def servers(signed: SignedRepository) -> Servers:
    return Servers({SERVER: signed, MIRROR: signed})


def partials(directory: Path) -> list[int]:
    return [path.stat().st_size for path in (directory / "partial").iterdir()]


def test_the_mirror_is_asked_only_where_the_server_fails(
    signed: SignedRepository, servers: Servers, tmp_path: Path
) -> None:
    assert signed.opened(tmp_path / "a", servers).read(FILE) == LARGE
    assert not [url for url in servers.asked if url.startswith(MIRROR)]
    servers.deaf.add(SERVER)
    assert signed.opened(tmp_path / "b", servers).read(FILE) == LARGE


def test_a_server_whose_metadata_do_not_verify_is_left_for_the_mirror(
    signed: SignedRepository, servers: Servers, tmp_path: Path
) -> None:
    servers.altered[f"{SERVER}/metadata/timestamp"] = lambda data: data.replace(b"sig", b"gis")
    assert signed.opened(tmp_path, servers).read(FILE) == LARGE


def test_a_server_that_is_behind_is_left_for_the_mirror(
    signed: SignedRepository, tmp_path: Path
) -> None:
    """Only its list of releases shows it to a box that has lost its metadata."""
    servers = Servers({SERVER: signed.copy(), MIRROR: signed})
    signed.targets[FILE] = b"new"
    signed.publish()
    seen = (LIST_ID, len(signed.entries))
    assert signed.opened(tmp_path / "new", servers).read(FILE) == LARGE
    assert signed.opened(tmp_path / "a", servers, list_seen=seen).read(FILE) == b"new"
    other = ("b" * 32, seen[1])
    assert signed.opened(tmp_path / "other", servers, list_seen=other).read(FILE) == LARGE
    rubbish = servers.shown[SERVER].copy()
    rubbish.targets[RELEASES_TARGET] = b"{}"
    rubbish.sign_list()
    rubbish.stamp()
    unread = Servers({SERVER: rubbish, MIRROR: signed})
    assert signed.opened(tmp_path / "unread", unread, list_seen=seen).read(FILE) == LARGE
    servers.deaf.add(MIRROR)
    with pytest.raises(UpdateRefused, match=f"is behind.*; at {MIRROR}: .*reached"):
        signed.opened(tmp_path / "b", servers, list_seen=seen)
    # The last one's list is for others to judge.
    alone = Servers({SERVER: servers.shown[SERVER]})
    assert signed.opened(tmp_path / "c", alone, list_seen=seen).read(FILE) == LARGE


def test_a_server_with_wrong_targets_is_left_for_the_mirror(
    signed: SignedRepository, servers: Servers, tmp_path: Path
) -> None:
    servers.altered[f"{SERVER}/targets/"] = lambda data: data[:-1] + b"!"
    assert signed.opened(tmp_path, servers).read(FILE) == LARGE
    assert partials(tmp_path) == []


def test_an_error_names_every_server_and_keeps_the_kind_of_the_first(
    signed: SignedRepository, servers: Servers, tmp_path: Path
) -> None:
    servers.altered[f"{SERVER}/metadata/timestamp"] = lambda _: b"{}"
    servers.deaf.add(MIRROR)
    with pytest.raises(UpdateRefused, match=f"does not verify.*; at {MIRROR}: .*reached"):
        signed.opened(tmp_path, servers)


def test_every_box_asks_in_the_same_order(
    signed: SignedRepository, servers: Servers, tmp_path: Path
) -> None:
    servers.deaf.add(SERVER)
    signed.opened(tmp_path / "a", servers).read(FILE)
    first = servers.asked.copy()
    signed.opened(tmp_path / "b", servers).read(FILE)
    assert servers.asked == first * 2


@pytest.mark.parametrize("kept_bytes", [1, STEP_BYTES - 1, STEP_BYTES, 2 * STEP_BYTES + 7])
def test_a_download_that_broke_continues_at_a_whole_step(
    signed: SignedRepository, tmp_path: Path, kept_bytes: int
) -> None:
    servers = Servers({SERVER: signed})
    servers.cut[FILE.partition("/")[2]] = kept_bytes
    with pytest.raises(NetworkError, match="broke"):
        signed.opened(tmp_path, servers).read(FILE)
    assert partials(tmp_path) == [kept_bytes]
    assert not list((tmp_path / "targets").iterdir())
    assert signed.opened(tmp_path, servers).read(FILE) == LARGE
    steps = kept_bytes // STEP_BYTES * STEP_BYTES
    assert servers.ranges == ([steps] if steps else [])
    assert partials(tmp_path) == []


def test_the_mirror_continues_what_the_server_began(
    signed: SignedRepository, servers: Servers, tmp_path: Path
) -> None:
    servers.cut[FILE.partition("/")[2]] = STEP_BYTES
    assert signed.opened(tmp_path, servers).read(FILE) == LARGE
    assert servers.ranges == [STEP_BYTES]


def test_a_proxy_that_removes_ranges_sends_the_whole_file(
    signed: SignedRepository, servers: Servers, tmp_path: Path
) -> None:
    servers.cut[FILE.partition("/")[2]] = STEP_BYTES
    servers.without_ranges = True
    assert signed.opened(tmp_path, servers).read(FILE) == LARGE


def test_a_wrong_beginning_is_thrown_away_and_fetched_again(
    signed: SignedRepository, tmp_path: Path
) -> None:
    """As from a mirror that sends rubbish and breaks off, so that the good one's end is wasted."""
    servers = Servers({SERVER: signed})
    servers.cut[FILE.partition("/")[2]] = STEP_BYTES
    with pytest.raises(NetworkError):
        signed.opened(tmp_path, servers).read(FILE)
    (partial,) = (tmp_path / "partial").iterdir()
    partial.write_bytes(b"x" * STEP_BYTES)
    asked = len(servers.asked)
    assert signed.opened(tmp_path, servers).read(FILE) == LARGE
    assert [url for url in servers.asked[asked:] if FILE.partition("/")[2] in url] == [
        servers.asked[-1]
    ] * 2


def test_what_has_arrived_of_an_older_version_goes(
    signed: SignedRepository, tmp_path: Path
) -> None:
    servers = Servers({SERVER: signed})
    servers.cut[FILE.partition("/")[2]] = STEP_BYTES
    with pytest.raises(NetworkError):
        signed.opened(tmp_path, servers).read(FILE)
    signed.targets[FILE] = LARGE[::-1]
    signed.publish()
    assert signed.opened(tmp_path, servers).read(FILE) == LARGE[::-1]
    assert (servers.ranges, partials(tmp_path)) == ([], [])


def test_a_file_longer_than_signed_is_not_read_to_its_end(
    signed: SignedRepository, tmp_path: Path
) -> None:
    servers = Servers({SERVER: signed})
    servers.altered[f"{SERVER}/targets/"] = lambda data: data * 3
    with pytest.raises(NetworkError, match="longer than signed"):
        signed.opened(tmp_path, servers).read(FILE)
    assert partials(tmp_path) == []
