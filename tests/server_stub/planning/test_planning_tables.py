"""Hostile tables: every error names file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.messages.fields import UNKNOWN_AGE
from server_stub.planning.tables import read_candidates, read_slots
from tests.server_stub.planning.audiences import TASK

APPEALS = ",".join(f"appeal_{n}" for n in range(8))
HEAD = f"entity_id,title,age_rating,space_id,{APPEALS}"
GOOD = f"f1,Film,12,{TASK.segmenter.space_id}{',0.01' * 8}"


def written(path: Path, *lines: str) -> Path:
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    return path


def test_a_spreadsheets_file_is_read(tmp_path: Path) -> None:
    space = TASK.segmenter.space_id
    table = written(
        tmp_path / "c.csv",
        "\ufeff" + f"entity_id,title,genre,age_rating,run_minutes,dayparts,space_id,{APPEALS}\r",
        f'f1,"A, or ""B""",Comedy,,90,day evening,{space}{",0.01" * 8}\r',
        "\r",
        f"f2,,,6,,,{space}{',1e-3' * 8}\r",
    )
    first, second = read_candidates(table, TASK)
    assert (first.title, first.dayparts, first.run_minutes) == ('A, or "B"', ("day", "evening"), 90)
    assert (first.age_rating, second.age_rating) == (UNKNOWN_AGE, 6)
    assert (second.title, second.run_minutes, second.sessions) == ("f2", None, None)
    assert second.appeal == (0.001,) * 8


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "it is empty"),
        ((HEAD,), "no candidates"),
        (("entity_id,title",), "line 1: no column 'age_rating'"),
        ((HEAD.removesuffix(",appeal_7"),), "line 1: no column 'appeal_7'"),
        ((HEAD + ",appeal_8",), "line 1: unknown column 'appeal_8'"),
        ((HEAD + ",title",), "line 1: column 'title' stands twice"),
        ((HEAD, GOOD, GOOD), "line 3, entity_id: 'f1' stands here a second time"),
        ((HEAD, GOOD + ",1"), "line 2: 13 values under 12 columns"),
        ((HEAD, GOOD.replace("f1", " ")), "line 2, entity_id: it is empty"),
        ((HEAD, GOOD.replace("12", "twelve")), "line 2, age_rating: 'twelve' is not a number"),
        ((HEAD, GOOD.replace(",12", ",-1")), "line 2, age_rating: -1 is not within 0 to"),
        ((HEAD, GOOD.removesuffix("0.01") + "nan"), "line 2, appeal_7: nan is not within 0 to 1"),
        ((HEAD, GOOD.removesuffix("0.01") + "1.5"), "line 2, appeal_7: 1.5 is not within 0 to 1"),
        ((HEAD, GOOD.removesuffix("0.01")), "line 2, appeal_7: it is empty"),
        ((HEAD, GOOD.replace("0" * 16, "f" * 16)), "line 2, space_id: 'ffffffffffffffff'"),
        ((HEAD, GOOD.replace("Film", "a" * 200_000)), "line 2: field larger than field limit"),
        ((HEAD, GOOD.replace("Film", '"Film')), "line 2: unexpected end of data"),
        ((HEAD, GOOD.replace("Film", "Fi\0lm")), "NUL"),
        ((HEAD, GOOD.replace("Film", "Fi\udcfflm")), "not UTF-8 at byte"),
        ((HEAD, GOOD.replace("12", "1" * 5000)), "line 2, age_rating: '1111"),
    ],
)
def test_candidates_that_cannot_be_are_refused(
    lines: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    table = written(tmp_path / "c.csv", *lines)
    with pytest.raises(InputError) as refused:
        read_candidates(table, TASK)
    assert str(table) in str(refused.value)
    assert said in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("slot,daypart",), "0 slots"),
        (("slot,maxage",), "line 1: unknown column 'maxage'"),
        (("slot", "a", "a"), "line 3, slot: 'a' stands here a second time"),
        (("slot,max_age", "a,99"), "line 2, max_age: 99 is not within"),
        (("slot,minutes", "a,0"), "line 2, minutes: 0 is not within 1 to 1440"),
        (("slot", *map(str, range(501))), "501 slots"),
    ],
)
def test_slots_that_cannot_be_are_refused(
    lines: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    table = written(tmp_path / "s.csv", *lines)
    with pytest.raises(InputError) as refused:
        read_slots(table)
    assert (str(table) in str(refused.value), said in str(refused.value)) == (True, True)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_slots(tmp_path / "nowhere.csv")
