"""The texts a household is shown before it decides, made from what is in force.

A template a language and version holds the words; the terms (compiled limits and settings) fill in
the values. What a consent record refers to is exactly one such notice, by version and SHA-256, and
the terms are in the record, so that its text can be made again. The files of earlier versions stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path

import msgspec

from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.messages.codec import Message, canonical_bytes, decode, sha256_hex
from edgeagent.messages.terms import Terms
from edgeagent.privacy.accounting import epsilon

__all__ = [
    "FIRST_VERSION",
    "Notice",
    "NoticeTemplate",
    "PurposeTemplate",
    "PurposeText",
    "load_template",
    "notice_digest",
    "notice_file",
]

_PRESENT = "3"
FIRST_VERSION = "1"
"""Its texts named no values; consents under it hold no terms."""
_CAP_BYTES = 64 * 1024


class PurposeText(Message, frozen=True, kw_only=True):
    """What is said about one purpose."""

    title: str
    text: str
    gives: str
    """What the household gets from it."""
    takes: str
    """What it costs the household."""


class PurposeTemplate(PurposeText, frozen=True, kw_only=True):
    """The same with the names of terms in braces."""

    meaning: int
    """Raised when the words allow more than before, which no term says: all are asked again."""


class Notice(Message, frozen=True, kw_only=True):
    """What is shown: one version in one language under certain terms."""

    version: str
    language: str
    purposes: dict[Purpose, PurposeText]
    terms: Terms


class NoticeTemplate(Message, frozen=True, kw_only=True):
    """One version of the words in one language."""

    version: str
    language: str
    purposes: dict[Purpose, PurposeTemplate]
    mechanisms: dict[str, str]
    schemes: dict[str, str]
    nobody: str
    """In the place of recipients where there are none."""

    @property
    def meanings(self) -> dict[str, int]:
        """The number of each purpose's meaning."""
        return {str(purpose): text.meaning for purpose, text in self.purposes.items()}

    def filled(self, terms: Terms) -> Notice:
        """Return the notice under these terms."""
        values = {
            "epsilon": f"{ceil(100 * epsilon(Fraction(terms.odds))) / 100:.2f}",  # a bound
            "mechanisms": _said(self.mechanisms, terms.mechanisms),
            "odds": terms.odds,
            "recipients": ", ".join(terms.recipients) or self.nobody,
            "retention_days": terms.retention_days,
            "schemes": _said(self.schemes, terms.schemes),
            "spacing_weeks": terms.spacing_weeks,
        }
        return Notice(
            version=self.version,
            language=self.language,
            purposes={
                purpose: PurposeText(
                    title=words.title,
                    text=words.text.format(**values),
                    gives=words.gives,
                    takes=words.takes.format(**values),
                )
                for purpose, words in self.purposes.items()
            },
            terms=terms,
        )


def _said(words: Mapping[str, str], names: Sequence[str]) -> str:
    return " ".join(words[name] for name in names)


def load_template(language: str) -> NoticeTemplate:
    """Read the words in a language.

    Raises:
        InputError: there are none in that language, or they are not whole.

    """
    return _decoded(_template_bytes(language), language)


def _decoded(content: bytes, language: str) -> NoticeTemplate:
    template = decode(content, NoticeTemplate, cap_bytes=_CAP_BYTES)
    missing = [purpose for purpose in Purpose if not _is_whole(template.purposes.get(purpose))]
    if missing:
        # Half a notice is worse than none: consent to what it leaves out would be uninformed.
        raise InputError(
            f"the consent notice in language {language!r} says nothing about {missing[0]}",
            hint="complete its file in edgeagent/notices, or set another language in the config",
        )
    return template


def _is_whole(text: PurposeText | None) -> bool:
    return text is not None and all(str(part).strip() for part in msgspec.structs.astuple(text))


def notice_digest(notice: Notice) -> str:
    """Return the SHA-256 of a notice's canonical JSON, terms included, which a record names."""
    return sha256_hex(canonical_bytes(notice))


def notice_file(version: str, language: str) -> str:
    """Return the name of the file that holds the words of a version."""
    return f"notice-{version}.{language}.json"


def _template_bytes(language: str) -> bytes:
    known = re.fullmatch(r"[a-z]{2}", str(language)) is not None  # a caller may hand in anything
    source = Path(__file__).with_name(notice_file(_PRESENT, language if known else "none"))
    if not source.is_file():
        raise InputError(
            f"there is no consent notice in language {language!r}",
            hint="set language in the config to one that edgeagent/notices holds",
        )
    return source.read_bytes()
