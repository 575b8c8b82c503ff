"""Tables of counts, as the server prints them and as nobody should."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import SegmentLabel
from model_export.drift.counts import read_counts

LABELS = tuple(
    SegmentLabel(name=name, sensitive=name == "War", iab=()) for name in ("Comedy", "War", "Horror")
)
HEAD = "category,name,value,standard_error,unit,weeks,reports"
TAIL = "share,2960 2961,6000"
GOOD = (
    HEAD,
    f"0,Comedy,0.3,0.02,{TAIL}",
    f"2,Horror,0.1,0.01,{TAIL}",
    f"3,none,0.6,0.03,{TAIL}",
)


def written(path: Path, *lines: str) -> Path:
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    return path


def test_shares_are_those_of_what_counts_for_a_segment(tmp_path: Path) -> None:
    mix = read_counts(written(tmp_path / "c.csv", *GOOD), LABELS)
    assert mix.shares.tolist() == pytest.approx([0.75, 0.0, 0.25])
    assert mix.errors.tolist() == pytest.approx([0.05, 0.0, 0.025])
    assert (mix.counted.tolist(), mix.reports, mix.weeks) == (
        [True, False, True],
        6000,
        (2960, 2961),
    )
    assert mix.kept_fraction == 1.0


def test_counts_of_the_model_before_are_taken_where_segments_were_carried_over(
    tmp_path: Path,
) -> None:
    table = written(tmp_path / "c.csv", *(line.replace("Horror", "Ghosts") for line in GOOD))
    with pytest.raises(InputError, match="line 3, name: the model's segment is 'Horror'"):
        read_counts(table, LABELS)
    assert read_counts(table, LABELS, carried=0.94).kept_fraction == 0.94


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "line 1: no column 'category'"),
        ((HEAD,), "no segments in it"),
        (GOOD[:2], "no row for segment 2"),
        ((*GOOD, GOOD[1]), "line 5, category: 0 stands here a second time"),
        ((HEAD, GOOD[1].replace("0,", "1.5,", 1)), "line 2, category: 1.5 is no segment"),
        ((HEAD, GOOD[1].replace("0,", "x,", 1)), "line 2, category: 'x' is not a number"),
        ((HEAD, "1,War,0.1,0.1," + TAIL), "line 2, category: segment 1 is sensitive"),
        ((HEAD, GOOD[1].replace("0.3", "nan")), "line 2, value: nan is not a number"),
        ((HEAD, GOOD[1].replace("share", "sessions")), "line 2, unit: 'sessions'"),
        ((HEAD, GOOD[1].replace("2960 2961", "")), "line 2, weeks: '' are no week numbers"),
        ((HEAD, GOOD[1].replace("2961", "²")), "line 2, weeks: '2960 ²' are no week numbers"),
        (
            (HEAD, *(line.replace("0.3", "-0.3") for line in GOOD[1:])),
            "nothing but “none” was counted",
        ),
        ((HEAD, '0,"Comedy'), "unexpected end of data"),
        ((HEAD, GOOD[1].replace("Comedy", "\udcff")), "not UTF-8 at byte"),
    ],
)
def test_counts_that_cannot_be_are_refused(
    lines: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    table = written(tmp_path / "c.csv", *lines)
    with pytest.raises(InputError) as refused:
        read_counts(table, LABELS)
    assert (str(table) in str(refused.value), said in str(refused.value)) == (True, True), refused
    assert refused.value.hint


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_counts(tmp_path / "nowhere.csv", LABELS)
