"""The page's pictures: ``python -m tests.server_stub.page.pictures`` makes them again."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image

from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.demo.fill import REPOSITORY_NAME, STORE_NAME, make_demo
from server_stub.demo.segments import HIT
from server_stub.page.compute import compute
from tests.dashboard.browsing import chromium
from tests.server_stub.page.given_page import HALF_WIDTH, NOW, TOKEN, visited

PICTURES = Path(__file__).parents[3] / ".github" / "pictures"
_SIZE = (1360, 900)
_LIMIT_BYTES = 100_000


def main() -> None:
    """Fill a server, and take pictures of what the page says."""
    with tempfile.TemporaryDirectory() as directory:
        demo = Path(directory) / "demo"
        make_demo(demo, now=NOW, reports=100_000, seed=1)
        repository, sums = demo / REPOSITORY_NAME, SqliteAggregator(demo / STORE_NAME)
        figures = compute(sums, repository, now=NOW, half_width=HALF_WIDTH)
        with visited(Path(directory), figures) as visitor, chromium() as browser:
            for name, path, scheme in (
                ("audience", "/page/", "light"),
                ("segment", f"/page/segment/{HIT}", "dark"),
            ):
                context = browser.new_context(
                    viewport={"width": _SIZE[0], "height": _SIZE[1]}, color_scheme=scheme
                )
                page = context.new_page()
                page.goto(f"{visitor.origin}/page/login")
                page.fill("#token", TOKEN)
                page.click("button")
                page.goto(f"{visitor.origin}{path}")
                _save(page.screenshot(), name)
                context.close()


def _save(png: bytes, name: str) -> None:
    path = PICTURES / f"page-{name}.webp"
    Image.open(io.BytesIO(png)).convert("RGB").save(path, quality=82, method=6)
    if path.stat().st_size > _LIMIT_BYTES:
        message = f"{path.name} has {path.stat().st_size} bytes"
        raise ValueError(message)


if __name__ == "__main__":
    main()
