"""The dashboard's pictures on its page: ``python -m tests.dashboard.pictures`` makes them again."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image

from tests.api.running import ServiceThread
from tests.dashboard.browsing import TELEVISION, Remote, chromium
from tests.dashboard.living import live
from tests.dashboard.serving import Serving

PICTURES = Path(__file__).parents[2] / ".github" / "pictures"
_SIZE = (1440, 810)
_LIMIT_BYTES = 150_000


def main() -> None:
    """Simulate a year of a box, and take pictures of what the dashboard says."""
    with tempfile.TemporaryDirectory() as directory:
        box = live(Path(directory))
        services = ServiceThread(Path(directory))
        serving = Serving(services.start(name="service", box=box).socket, box.clock)
        try:
            with chromium() as browser:
                context = browser.new_context(viewport=TELEVISION, locale="en", color_scheme="dark")
                _take(Remote(context.new_page()), serving)
        finally:
            serving.stop()
            services.stop()


def _take(remote: Remote, serving: Serving) -> None:
    remote.open(serving.link())
    remote.go_to("tile-send")
    _save(remote, "home")
    remote.ok(".reports")
    remote.ok("#details")
    _save(remote, "report")
    remote.back(".reports")
    remote.back(".tiles")
    remote.go_to("tile-spark")
    remote.ok("#because-1")
    _save(remote, "thinks")


def _save(remote: Remote, name: str) -> None:
    picture = Image.open(io.BytesIO(remote.page.screenshot())).convert("RGB")
    path = PICTURES / f"dashboard-{name}.webp"
    picture.resize(_SIZE, Image.Resampling.LANCZOS).save(path, quality=82, method=6)
    if path.stat().st_size > _LIMIT_BYTES:
        message = f"{path.name} has {path.stat().st_size} bytes"
        raise ValueError(message)


if __name__ == "__main__":
    main()
