"""Every word the dashboard says, one file a language, and how dates and numbers are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path

import msgspec

__all__ = ["LANGUAGES", "Said", "Texts", "choose_language", "load_texts"]

_DIRECTORY = Path(__file__).parent / "texts"
LANGUAGES = tuple(sorted(path.stem for path in _DIRECTORY.glob("*.json")))
_BOX_LANGUAGE = "en"
"""What the service's own sentences are written in."""
_LEAST_PERCENT = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words of the box, and in which language they are."""

    text: str
    language: str


class Texts:
    """The texts of one language; an unknown key is a programming error."""

    def __init__(
        self, language: str, entries: dict[str, str], *, zone: tzinfo | None = None
    ) -> None:
        """Speak ``language``.

        Args:
            language: two letters.
            entries: text by key; names in braces are filled in.
            zone: in which times are told; the machine's own unless given.

        """
        self.language = language
        self._entries = entries
        self._zone = zone

    def __contains__(self, key: str) -> bool:
        """Say whether there is such a text."""
        return key in self._entries

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its names filled in."""
        return self._entries[key].format(**values)

    def count(self, key: str, number: int, **values: object) -> str:
        """Return the form of a text that fits a number."""
        form = "one" if number == 1 else "other"
        return self(f"{key}.{form}", number=self.number(number), **values)

    def said(self, sentence: str) -> Said:
        """Return a sentence of the service as this language says it, or else as it came."""
        known = self._entries.get(f"box: {sentence}")
        return Said(
            text=known or sentence, language=self.language if known is not None else _BOX_LANGUAGE
        )

    def number(self, number: int) -> str:
        """Return a whole number, its digits in groups of three."""
        return f"{number:,}".replace(",", self("format.group"))

    def percent(self, fraction: float) -> str:
        """Return a part of a whole."""
        if 0 < fraction < _LEAST_PERCENT:
            return self("format.percent_less", number=1)
        return self("format.percent", number=round(100 * fraction))

    def date(self, seconds: int) -> str:
        """Return a day in local time."""
        return self._date(self._local(seconds))

    def utc_date(self, seconds: int) -> str:
        """Return a day in UTC, as reporting weeks are counted."""
        return self._date(datetime.fromtimestamp(seconds, UTC))

    def moment(self, seconds: int) -> str:
        """Return a day and time in local time."""
        moment = self._local(seconds)
        return self("format.moment", date=self._date(moment), time=f"{moment:%H:%M}")

    def time(self, seconds: int) -> str:
        """Return a time of day."""
        return f"{self._local(seconds):%H:%M}"

    def _local(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, UTC).astimezone(self._zone)

    def _date(self, moment: datetime) -> str:
        return self(
            "format.date",
            day=moment.day,
            month=self(f"month.{moment.month}"),
            year=moment.year,
        )


@cache
def load_texts(language: str) -> Texts:
    """Read the texts of one of :data:`LANGUAGES`."""
    data = (_DIRECTORY / f"{language}.json").read_bytes()
    return Texts(language, msgspec.json.decode(data, type=dict[str, str]))


def choose_language(chosen: str | None, accepted: str, *, default: str) -> str:
    """Return the language to speak.

    Args:
        chosen: what the viewer picked on the page, if anything.
        accepted: the header ``Accept-Language``, best first.
        default: the box's own.

    """
    wanted: Iterable[str | None] = (chosen, *_by_preference(accepted), default)
    return next((language for language in wanted if language in LANGUAGES), "en")


def _by_preference(accepted: str) -> list[str]:
    ranges = []
    for position, part in enumerate(accepted.split(",")):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        ranges.append((-weight, position, name[:2].lower()))
    return [name for weight, _, name in sorted(ranges) if weight < 0]
