"""How many requests one address may make."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from starlette.types import Message, Receive, Scope, Send

from server_stub.ingest.address_rate import AddressRate


@dataclass
class Minutes:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


async def _served(scope: Scope, receive: Receive, send: Send) -> None:
    del receive
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": scope["type"].encode()})


def ask(rate: AddressRate, host: str | None, *, kind: str = "http") -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    client = None if host is None else (host, 1)
    asyncio.run(rate({"type": kind, "client": client}, receive, send))
    return sent


def statuses(rate: AddressRate, *hosts: str | None) -> list[int]:
    return [ask(rate, host)[0]["status"] for host in hosts]


@pytest.fixture
def clock() -> Minutes:
    return Minutes()


@pytest.fixture
def rate(clock: Minutes) -> AddressRate:
    return AddressRate(_served, a_minute=2, clock=clock)


def test_above_the_rate_an_address_is_told_when_to_come_again(rate: AddressRate) -> None:
    assert statuses(rate, *["192.0.2.1"] * 4, "192.0.2.2") == [204, 204, 429, 429, 204]
    refused = ask(rate, "192.0.2.1")
    assert (b"retry-after", b"60") in refused[0]["headers"]
    assert b"192.0.2.1" not in refused[1]["body"]


def test_the_next_minute_counts_from_zero(rate: AddressRate, clock: Minutes) -> None:
    statuses(rate, *["192.0.2.1"] * 3)
    clock.now = 60
    assert statuses(rate, "192.0.2.1") == [204]


def test_one_customer_has_one_ipv6_network(rate: AddressRate) -> None:
    hosts = ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:0:1::", "2001:db8:0:1::1")
    assert statuses(rate, *hosts) == [204, 204, 429, 204]
    assert statuses(rate, "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1") == [204, 204, 429]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", None, "x"])
def test_a_proxy_on_this_machine_is_not_counted(rate: AddressRate, host: str | None) -> None:
    assert statuses(rate, *[host] * 5) == [204] * 5


def test_what_is_counted_has_a_limit(monkeypatch: pytest.MonkeyPatch, rate: AddressRate) -> None:
    monkeypatch.setattr("server_stub.ingest.address_rate._ADDRESSES", 2)
    hosts = [f"192.0.2.{number}" for number in range(1, 6)]
    assert statuses(rate, *hosts) == [204, 204, 204, 204, 429]
    assert statuses(rate, hosts[0]) == [204]
    assert len(rate._counts) == 3


def test_what_is_no_request_passes(rate: AddressRate) -> None:
    assert [ask(rate, "192.0.2.1", kind="lifespan")[1]["body"] for _ in range(4)] == [
        b"lifespan"
    ] * 4
