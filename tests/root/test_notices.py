from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgeagent import notices
from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.notices import load_notice, notice_digest

DIGESTS = {
    ("1", "de"): "31e005fca6e696b4c091178f59425c9d499991f4292e65a240516785c20385e1",
    ("1", "en"): "4e678f4774821ccf7497e23e47c6525a5abe4108cf2eb478f5ceb338eed25733",
}
"""Households have agreed to exactly these: another text needs another version."""


def test_the_notice_says_something_about_every_purpose_and_no_other() -> None:
    notice = load_notice("en")
    assert set(notice.purposes) == set(Purpose)
    assert all(text.title and text.text for text in notice.purposes.values())


def test_the_digest_is_of_the_file_that_is_shown() -> None:
    assert len(notice_digest("en")) == 64


def test_a_version_of_a_notice_never_changes() -> None:
    there = [
        path.name.split(".")[1] for path in Path(notices.__file__).parent.glob("notice.*.json")
    ]
    assert there
    for language in there:
        version = load_notice(language).version
        assert DIGESTS.get((version, language)) == notice_digest(language), language


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("lacking", ["everything", "title", "text", "gives", "takes"])
def test_a_notice_that_is_not_whole_is_refused(purpose: Purpose, lacking: str) -> None:
    content: dict[str, Any] = msgspec.to_builtins(load_notice("en"))
    if lacking == "everything":
        del content["purposes"][purpose]
    else:
        content["purposes"][purpose][lacking] = " "
    with pytest.raises(InputError, match=f"says nothing about {purpose}"):
        notices._decoded(msgspec.json.encode(content), "en")


@pytest.mark.parametrize("language", ["xx", "..", "EN", "e"])
def test_a_language_without_notice_is_refused(language: str) -> None:
    with pytest.raises(InputError, match="language"):
        load_notice(language)
