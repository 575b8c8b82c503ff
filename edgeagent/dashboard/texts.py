"""Every text of the dashboard, from gettext catalogues, and how dates and numbers are written.

Code and templates ask for a text by its key, because many keys are put together from what the
service answers. The English catalogue holds the text of each key. Every other catalogue holds the
translation of that English text, with the key as its context: a translator sees both, and a changed
English text leaves no translation of the old one behind.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from edgeagent.messages.fields import MAIN_PROFILE

__all__ = ["LANGUAGES", "Said", "Texts", "choose_language", "load_texts"]

_DIRECTORY = Path(__file__).parent / "locale"
_CATALOGUE = "LC_MESSAGES/dashboard.mo"
LANGUAGES = tuple(sorted(path.parts[-3] for path in _DIRECTORY.glob(f"*/{_CATALOGUE}")))
_BOX_LANGUAGE = "en"
"""What the service's own sentences are written in."""
_LEAST_PERCENT = 0.005
_LEAP_SECONDS = 900  # offsets are multiples of a quarter of an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words of the box, and in which language they are."""

    text: str
    language: str


class Texts:
    """The texts of one language; an unknown key is a programming error."""

    def __init__(
        self, language: str, translations: NullTranslations, *, zone: dt.tzinfo | None = None
    ) -> None:
        """Answer in ``language``.

        Args:
            language: two letters.
            translations: of the English texts, each in the context of its key; what is missing
                stays English.
            zone: in which times are told; the machine's own unless given.

        """
        self.language = language
        self._english = _open_catalogue(_BOX_LANGUAGE)
        self._translations = translations
        self._zone = zone

    def __contains__(self, key: str) -> bool:
        """Say whether there is such a text."""
        return self._english.gettext(key) != key

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its names filled in."""
        if key not in self:
            raise KeyError(key)
        english = self._english.gettext(key)
        return self._translations.pgettext(key, english).format(**values)

    def count(self, key: str, number: int, **values: object) -> str:
        """Return the form of a text that fits a number, by the plural rule of the catalogue."""
        one, many = (self._english.ngettext(key, key, count) for count in (1, 2))
        form = self._translations.npgettext(key, one, many, number)
        return form.format(number=self.number(number), **values)

    def said(self, sentence: str) -> Said:
        """Return a sentence of the service as this language says it, or else as it came."""
        key = f"box: {sentence}"
        if key not in self:
            return Said(text=sentence, language=_BOX_LANGUAGE)
        return Said(text=self(key), language=self.language)

    def profile(self, name: str) -> str:
        """Return what viewers call a profile; only the one that every box begins with differs."""
        return self("profile.everyone") if name == MAIN_PROFILE else name

    def number(self, number: int) -> str:
        """Return a whole number, its digits in groups of three."""
        return f"{number:,}".replace(",", self("format.group"))

    def figure(self, number: float) -> str:
        """Return a number, with two places where it is not whole."""
        if number == int(number):
            return self.number(int(number))
        return f"{number:.2f}".replace(".", self("format.point"))

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
        return self._date(dt.datetime.fromtimestamp(seconds, dt.UTC))

    def moment(self, seconds: int) -> str:
        """Return a day and time in local time."""
        moment = self._local(seconds)
        return self("format.moment", date=self._date(moment), time=f"{moment:%H:%M}")

    def day(self, seconds: int) -> dt.date:
        """Return the day of a moment in local time."""
        return self._local(seconds).date()

    def midnight(self, day: dt.date) -> int:
        """Return when a day begins in local time, seconds UTC."""
        in_utc = dt.datetime.combine(day, dt.time.min, dt.UTC)
        found = in_utc.astimezone(self._zone)
        for _ in range(2):  # the offset at midnight is not that of the first guess in every zone
            found = (in_utc - (found.utcoffset() or dt.timedelta())).astimezone(self._zone)
        moment = int(found.timestamp())
        while self.day(moment) < day:  # where clocks leap at midnight, the day begins later
            moment += _LEAP_SECONDS
        return moment

    def day_name(self, day: dt.date) -> str:
        """Return a day with the day of the week."""
        return self("format.day", weekday=self(f"weekday.{day.weekday()}"), date=self._date(day))

    def month_name(self, day: dt.date) -> str:
        """Return the month of a day, with its year."""
        return self("format.month", month=self(f"month.{day.month}"), year=day.year)

    def time(self, seconds: int) -> str:
        """Return a time of day."""
        return f"{self._local(seconds):%H:%M}"

    def _local(self, seconds: int) -> dt.datetime:
        return dt.datetime.fromtimestamp(seconds, dt.UTC).astimezone(self._zone)

    def _date(self, moment: dt.date) -> str:
        return self(
            "format.date",
            day=moment.day,
            month=self(f"month.{moment.month}"),
            year=moment.year,
        )


@cache
def load_texts(language: str) -> Texts:
    """Return the texts of one of :data:`LANGUAGES`."""
    is_english = language == _BOX_LANGUAGE
    return Texts(language, NullTranslations() if is_english else _open_catalogue(language))


@cache
def _open_catalogue(language: str) -> GNUTranslations:
    with (_DIRECTORY / language / _CATALOGUE).open("rb") as file:
        return GNUTranslations(file)


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
