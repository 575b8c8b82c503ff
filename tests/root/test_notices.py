from __future__ import annotations

import pytest

from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.notices import load_notice, notice_digest


def test_the_notice_says_something_about_every_purpose_and_no_other() -> None:
    notice = load_notice("en")
    assert set(notice.purposes) == set(Purpose)
    assert all(text.title and text.text for text in notice.purposes.values())


def test_the_digest_is_of_the_file_that_is_shown() -> None:
    assert len(notice_digest("en")) == 64


@pytest.mark.parametrize("language", ["xx", "..", "EN", "e"])
def test_a_language_without_notice_is_refused(language: str) -> None:
    with pytest.raises(InputError, match="language"):
        load_notice(language)
