"""``python -m tests.pages`` writes the made blocks of all pages as the code says today."""

from __future__ import annotations

from tests.pages.found import pages
from tests.pages.made import rewritten


def main() -> None:
    """Rewrite what differs, and name it."""
    for page in pages():
        text = rewritten(page)
        if text != page.text:
            page.path.write_text(text, "utf-8")
            print(page.name)  # noqa: T201  a command: which pages have changed


if __name__ == "__main__":
    main()
