from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from model_export.loaders import fields
from model_export.loaders.fields import Unreadable

NAN = float("nan")


@pytest.mark.parametrize("blank", [None, NAN, "", "  ", "NaN", "null", "None", "N/A", "\\N"])
def test_what_is_not_said_is_none(blank: object) -> None:
    assert fields.text(blank) is None
    assert fields.texts(blank) == ()
    assert fields.year(blank) is None
    assert fields.moment(blank) is None
    assert fields.number(blank, least=0, most=9) is None


def test_text_is_one_clean_line() -> None:
    assert fields.text(" Low\n  Tide\x00\u200b ") == "Low Tide"
    assert fields.text(7) == "7"
    with pytest.raises(Unreadable, match="text"):
        fields.text({"name": "A"})


@pytest.mark.parametrize(
    "written", ["Drama|Crime| Drama", ["Drama", "Crime"], ("Drama|Crime",), ["Drama", NAN, "Crime"]]
)
def test_lists_are_written_in_two_ways(written: object) -> None:
    assert fields.texts(written) == ("Drama", "Crime")


@pytest.mark.parametrize(
    "written",
    [
        *("1999", 1999, 1999.0, "1999-05-01", "19990501", date(1999, 5, 1), "c. 1999", "~1999"),
        *("19990501201500 +0100", "199905", "1999-2003", "May 5, 1999", "(1999)", "5/1/1999"),
    ],
)
def test_years(written: object) -> None:
    assert fields.year(written) == 1999


@pytest.mark.parametrize(
    "written", ["0", "99", "soon", 12345, date(1500, 1, 1), "inf", "-1999", "19991399"]
)
def test_no_years(written: object) -> None:
    with pytest.raises(Unreadable, match="a year"):
        fields.year(written)


@pytest.mark.parametrize("written", ["10", "1.5", "-1", "inf", "1_0", "x"])
def test_numbers_have_limits(written: str) -> None:
    assert fields.number("9.0", least=0, most=9) == 9
    with pytest.raises(Unreadable, match="a whole number, 0-9"):
        fields.number(written, least=0, most=9)


@pytest.mark.parametrize(
    "written",
    [
        1738354500,
        datetime(2025, 1, 31, 21, 15, tzinfo=timezone(timedelta(hours=1))),
        "1738354500",
        "1738354500.9",
        "2025-01-31T20:15:00Z",
        "2025-01-31 20:15:00",
        "2025-01-31T21:15:00+01:00",
        datetime(2025, 1, 31, 20, 15),  # noqa: DTZ001  (without a zone it is UTC)
        datetime(2025, 1, 31, 20, 15, tzinfo=UTC),
    ],
)
def test_moments(written: object) -> None:
    assert fields.moment(written) == 1738354500


def test_a_day_is_its_beginning() -> None:
    assert fields.moment(date(2025, 1, 31)) == fields.moment("2025-01-31") == 1738281600


@pytest.mark.parametrize("written", ["yesterday", "1738354500000", "-5", "inf", 3])
def test_no_moments(written: object) -> None:
    with pytest.raises(Unreadable, match="seconds since 1970"):
        fields.moment(written)
