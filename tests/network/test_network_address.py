from __future__ import annotations

import pytest

from edgeagent.errors import InputError
from edgeagent.network.address import check_server_url


@pytest.mark.parametrize(
    "url",
    [
        "https://models.example",
        "https://models.example:8443/box",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://localhost:1",
    ],
)
def test_encrypted_and_loopback_addresses_are_accepted(url: str) -> None:
    assert check_server_url(url) == url


def test_a_trailing_slash_is_dropped() -> None:
    assert check_server_url("https://models.example/") == "https://models.example"


@pytest.mark.parametrize(
    "url",
    [
        "http://models.example",
        "http://10.0.0.1",
        "http://127.0.0.1.example",
        "ftp://models.example",
        "models.example",
        "https://",
        "https://models.example/?id=7",
        "https://models.example/#box",
        "https://box7@models.example",
    ],
)
def test_everything_else_is_refused_with_a_way_out(url: str) -> None:
    with pytest.raises(InputError) as refused:
        check_server_url(url)
    assert refused.value.hint
