"""``python -m tests.pages`` writes the made blocks of all pages as the code says today."""

from __future__ import annotations

from tests.pages.found import Page, pages
from tests.pages.made import rewritten


def main() -> None:
    """Rewrite pages that differ, and print their names; twice if a block adds headings."""
    for first in pages():
        page = first
        while (text := rewritten(page)) != page.text:
            page.path.write_text(text, "utf-8")
            print(page.name)  # noqa: T201  a command: which pages have changed
            page = Page(path=page.path)


if __name__ == "__main__":
    main()
