"""``server-stub serve --page`` as an operator runs it: one process, the page and reports in it."""

from __future__ import annotations

import http.client
import signal
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from server_stub.cli import main
from server_stub.demo.fill import REPOSITORY_NAME, STORE_NAME, make_demo
from tests.server_stub.page.given_page import NOW
from tests.server_stub.test_server_stub_cli import served

AT = ("--at", "2026-12-01T03:46:40Z")  # NOW


@pytest.mark.deep
def test_a_demo_is_served_and_its_owner_looks_at_it(tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    make_demo(demo, now=NOW, reports=1000, seed=1)
    with served(demo / REPOSITORY_NAME, demo / STORE_NAME, "--page", *AT) as (process, started):
        assert started["page_token"] == str(demo / "page.token")
        token = (demo / "page.token").read_text().strip()
        with closing(http.client.HTTPConnection("127.0.0.1", started["port"], timeout=60)) as line:
            line.request(
                "POST",
                "/page/login",
                body=urlencode({"token": token}),
                headers={"Origin": started["url"]},
            )
            answer = line.getresponse()
            answer.read()
            cookie = answer.headers["set-cookie"].split(";")[0]
            status = 0
            while status != http.client.OK:  # 503 while they are counted, four seconds each
                line.request("GET", "/page/", headers={"Cookie": cookie})
                answer = line.getresponse()
                page, status = answer.read().decode(), answer.status
                assert status in {http.client.OK, http.client.SERVICE_UNAVAILABLE}
            assert "8,000 reports of 8 weeks" in page
            line.request("GET", "/healthz")
            assert line.getresponse().read() == b"ok\n"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert errors == b""


def test_without_the_option_there_is_no_page(tmp_path: Path) -> None:
    make_demo(tmp_path / "demo", now=NOW, reports=1, seed=1)
    places = tmp_path / "demo" / REPOSITORY_NAME, tmp_path / "demo" / STORE_NAME
    with served(*places, *AT) as (_process, started):
        with closing(http.client.HTTPConnection("127.0.0.1", started["port"], timeout=60)) as line:
            line.request("GET", "/page/login")
            assert line.getresponse().status == http.client.NOT_FOUND
        assert not (tmp_path / "demo" / "page.token").exists()


def test_a_token_that_others_may_read_is_one_line_and_the_way_out(tmp_path: Path) -> None:
    make_demo(tmp_path / "demo", now=NOW, reports=1, seed=1)
    token = tmp_path / "token"
    token.write_text("0123456789abcdef")
    token.chmod(0o644)
    arguments = [
        *("serve", "--page", "--page-token", str(token), "--host", "127.0.0.1"),
        *("--repository", str(tmp_path / "demo" / REPOSITORY_NAME)),
        *("--store", str(tmp_path / "demo" / STORE_NAME)),
    ]
    said = CliRunner().invoke(main, arguments)
    assert said.exit_code == 3
    assert "others may read it (mode 0644)" in said.stderr
    assert f"chmod 600 {token}" in said.stderr
