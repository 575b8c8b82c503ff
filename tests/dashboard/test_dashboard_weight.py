"""What the first page weighs, what it asks for, and whose code it ships."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import msgspec

from edgeagent import dashboard
from edgeagent.dashboard.rendering import ASSETS
from tests.dashboard.serving import Serving

STATIC = Path(dashboard.__file__).parent / "static"
ROOT = Path(__file__).parents[2]
LIMIT_BYTES = 40 * 1000
VENDORED = msgspec.json.decode((STATIC / "vendored.json").read_bytes())


def gzipped(data: bytes) -> int:
    return len(gzip.compress(data, 9, mtime=0))


def test_the_first_page_with_all_it_needs_is_small(furnished: Serving) -> None:
    page = furnished.get("/").body
    assert b"/static/" in page
    total = gzipped(page) + sum(gzipped(data) for data in ASSETS.values())
    assert total <= LIMIT_BYTES, f"{total} bytes"


def test_pages_ask_for_nothing_from_elsewhere(furnished: Serving) -> None:
    for path in ("/", "/kept", "/thinks", "/left", "/switches"):
        text = furnished.get(path).text
        addresses = re.findall(r'(?:src|href|action|hx-\w+|content)="([^"]*)"', text)
        assert not [address for address in addresses if re.match(r"\w+://|//", address)], path
        for asset in re.findall(r'"(/static/[^"]+)"', text):
            assert furnished.get(asset).status == 200, asset
    for name, data in ASSETS.items():
        if name not in {"htmx.min.js", "lrud.js"}:
            code = data.decode().replace("http://www.w3.org/2000/svg", "")
            assert "http" not in code, name


def test_no_style_or_script_stands_in_a_page(furnished: Serving) -> None:
    for path in ("/", "/thinks", "/left", "/private"):
        text = furnished.get(path).text
        assert not re.search(r"<style|style=|\son\w+=|<script>", text), path


def test_vendored_code_is_what_was_published() -> None:
    others = {"dashboard.js", "icon.svg", *(name for name in ASSETS if name.endswith(".css"))}
    assert {entry["file"] for entry in VENDORED} == ASSETS.keys() - others
    for entry in VENDORED:
        assert hashlib.sha256(ASSETS[entry["file"]]).hexdigest() == entry["sha256"], entry["file"]


def test_vendored_code_is_named_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for entry in VENDORED:
        assert entry["package"] in notice
        assert entry["version"] in notice


def test_the_process_loads_neither_agent_nor_store_nor_anything_that_holds_keys() -> None:
    program = "import sys, edgeagent.dashboard.__main__; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert "edgeagent.dashboard.server" in loaded
    forbidden = {
        "cryptography",
        "edgeagent.agent",
        "edgeagent.api",
        "edgeagent.network",
        "edgeagent.scoring",
        "edgeagent.services",
        "edgeagent.store",
        "numpy",
        "onnxruntime",
        "segno",  # for one page
        "sqlcipher3",
        "sqlite3",
        "tuf",
        "urllib3",
    }
    assert not loaded & forbidden
