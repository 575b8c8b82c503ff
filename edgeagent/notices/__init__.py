"""The texts a household is shown before it decides, one file a language, with a version.

What a consent record refers to is exactly one of these files, by version and SHA-256.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from edgeagent.consent import Purpose
from edgeagent.errors import InputError
from edgeagent.messages.codec import Message, decode, sha256_hex

__all__ = ["Notice", "PurposeText", "load_notice", "notice_digest"]

_CAP_BYTES = 64 * 1024


class PurposeText(Message, frozen=True, kw_only=True):
    """What is said about one purpose."""

    title: str
    text: str
    gives: str
    """What the household gets from it."""
    takes: str
    """What it costs the household."""


class Notice(Message, frozen=True, kw_only=True):
    """One version of the notice in one language."""

    version: str
    language: str
    purposes: dict[Purpose, PurposeText]


def load_notice(language: str) -> Notice:
    """Read the notice in a language.

    Raises:
        InputError: there is none in that language, or it is not whole.

    """
    return _decoded(_notice_bytes(language), language)


def _decoded(content: bytes, language: str) -> Notice:
    notice = decode(content, Notice, cap_bytes=_CAP_BYTES)
    missing = [purpose for purpose in Purpose if not _is_whole(notice.purposes.get(purpose))]
    if missing:
        # Half a notice is worse than none: consent to what it leaves out would be uninformed.
        raise InputError(
            f"the consent notice in language {language!r} says nothing about {missing[0]}",
            hint="complete its file in edgeagent/notices, or set another language in the config",
        )
    return notice


def _is_whole(text: PurposeText | None) -> bool:
    return text is not None and all(map(str.strip, msgspec.structs.astuple(text)))


def notice_digest(language: str) -> str:
    """Return the SHA-256 of the notice file, which a consent record names."""
    return sha256_hex(_notice_bytes(language))


def _notice_bytes(language: str) -> bytes:
    known = re.fullmatch(r"[a-z]{2}", str(language)) is not None  # a caller may hand in anything
    source = Path(__file__).with_name(f"notice.{language if known else 'none'}.json")
    if not source.is_file():
        raise InputError(
            f"there is no consent notice in language {language!r}",
            hint="set language in the config to one that edgeagent/notices holds",
        )
    return source.read_bytes()
