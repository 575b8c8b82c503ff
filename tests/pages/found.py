"""The project's pages, and what a reader finds in one: headings, links, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["BLOCK", "ROOT", "Heading", "Page", "pages"]

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"<!-- made: (?P<name>.+?) -->\n.*?<!-- end -->", re.DOTALL)
"""What the code writes, with its name."""
_ROOMS = ("edgeagent", "model_export", "server_stub", "tests", ".github")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of a page, and the fragment by which a link reaches it."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """A Markdown file of the project."""

    path: Path

    @property
    def name(self) -> str:
        """Return where the page lies, from the root of the project."""
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """Return what is in the file."""
        return self.path.read_text("utf-8")

    @cached_property
    def _tokens(self) -> list[Token]:
        return MarkdownIt("commonmark").enable("table").parse(self.text)

    @cached_property
    def headings(self) -> list[Heading]:
        """Return the headings in order, with the anchors that GitHub gives them."""
        found: list[Heading] = []
        for opening, inline in zip(self._tokens, self._tokens[1:], strict=False):
            if opening.type == "heading_open":
                text = "".join(token.content for token in inline.children or ())
                anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
                before = sum(re.sub(r"-\d+$", "", one.anchor) == anchor for one in found)
                anchor += f"-{before}" if before else ""
                found.append(Heading(level=int(opening.tag[1]), text=inline.content, anchor=anchor))
        return found

    @cached_property
    def purpose(self) -> str:
        """Return the paragraph below the title, which says what the page is for."""
        opening = next(token for token in self._tokens if token.type == "paragraph_open")
        return " ".join(self._tokens[self._tokens.index(opening) + 1].content.split())

    @property
    def made(self) -> list[str]:
        """Return the names of the blocks that the code writes."""
        return [block["name"] for block in BLOCK.finditer(self.text)]

    @property
    def benches(self) -> list[str]:
        """Return the benches whose last results the page shows."""
        found = [name.split() for name in self.made]
        return [bench for first, *benches in found if first == "bench" for bench in benches]

    @property
    def written(self) -> str:
        """Return what people have written: all but those blocks."""
        return BLOCK.sub("", self.text)

    def _inline(self) -> Iterator[Token]:
        for token in self._tokens:
            yield from token.children or ()

    def links(self) -> list[str]:
        """Return where links lead and pictures come from."""
        found = [token.attrGet("href") or token.attrGet("src") for token in self._inline()]
        return [str(target) for target in found if target]

    def shell_lines(self) -> list[str]:
        """Return the lines of the blocks that are marked as shell, continued lines joined."""
        blocks = [
            token.content
            for token in self._tokens
            if token.type == "fence" and token.info.strip() == "sh"
        ]
        return "\n".join(blocks).replace("\\\n", " ").splitlines()

    def spans(self) -> list[str]:
        """Return what stands between backticks in running text."""
        return [token.content for token in self._inline() if token.type == "code_inline"]


def pages() -> list[Page]:
    """Return every page, the README first."""
    below = sorted(path for room in _ROOMS for path in (ROOT / room).rglob("*.md"))
    return [Page(path=path) for path in (ROOT / "README.md", *below)]
