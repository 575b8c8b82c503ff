"""Words that readers had to decode stay out of sources, templates, catalogues and pages.

Each has a plain one: again, also, react to, recently, and the role that is meant (caller, client,
peer, user, reader, observer). Changelog and consent notices keep the words they came out with.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = (".ci", ".github", "edgeagent", "model_export", "server_stub", "tests")
SUFFIXES = {".html", ".json", ".md", ".po", ".py", ".service", ".toml"}
APART = {
    ROOT / "tests" / "test_plain_words.py",
    ROOT / "edgeagent" / "notices",
    ROOT / "edgeagent" / "cli" / "privacy.py",  # one heading, until its text moves to a catalogue
}
WORDS = re.compile(
    r"(?<![\w.])(?:anew|likewise|heed|of\s+late|whoever|somebody)(?!\w)",  # .anew: part of a name
    re.IGNORECASE,
)


def found(text: str) -> list[str]:
    return [" ".join(one.group().split()) for one in WORDS.finditer(text)]


def pages_and_sources() -> list[Path]:
    below = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*")))
    texts = (path for path in below if path.suffix in SUFFIXES and "__pycache__" not in path.parts)
    ours = [path for path in texts if not {path, *path.parents} & APART]
    return [ROOT / "README.md", ROOT / "NOTICE", ROOT / "pyproject.toml", *ours]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Somebody begins anew", ["Somebody", "anew"]),
        ("heard of\nlate", ["of late"]),
        ('t("private.anew"), renewed, somebodys', []),
    ],
)
def test_the_words_are_found_and_names_are_left_alone(text: str, words: list[str]) -> None:
    assert found(text) == words


def test_no_text_uses_them() -> None:
    texts = {path: path.read_text("utf-8") for path in pages_and_sources()}
    assert len(texts) > 500
    used = {
        str(path.relative_to(ROOT)): words for path, text in texts.items() if (words := found(text))
    }
    assert used == {}
