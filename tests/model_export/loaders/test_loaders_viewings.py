"""Logs of viewings as CSV and Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeagent.errors import InputError
from edgeagent.features.window import completion
from model_export.loaders import load_log, tables
from model_export.log import WatchLog

CATALOGUE = "item,title\na,Alpha\nb,Beta\n"
T = 1_738_354_500


def _load(directory: Path, viewings: str | bytes, *, skip_unknown: bool = False) -> WatchLog:
    (directory / "titles.csv").write_text(CATALOGUE)
    path = directory / "log.csv"
    path.write_bytes(viewings.encode() if isinstance(viewings, str) else viewings)
    return load_log(path, directory / "titles.csv", skip_unknown=skip_unknown)


def _rows(log: WatchLog) -> list[tuple[int, str, int, float]]:
    ids = [log.titles[item].entity_id for item in log.items]
    columns = (log.users.tolist(), ids, log.watched_on.tolist(), log.completion.tolist())
    return list(zip(*columns, strict=True))


def test_viewings_are_in_order_and_people_numbered_by_name(tmp_path: Path) -> None:
    log = _load(tmp_path, f"user,item,timestamp,progress\nzoe,b,{T + 9},0.75\nann,a,{T},\n")
    assert _rows(log) == [(0, "a", T, 0.5), (1, "b", T + 9, 0.75)]
    assert log.user_count == 2
    assert [title.title for title in log.titles] == ["Alpha", "Beta"]


@pytest.mark.parametrize(
    "log",
    [
        "user,item,timestamp\nu,a,{moment}\n",
        "user,item,timestamp,progress\nu,a,{moment},\n",
        "user,item,timestamp,progress\nu,a,{moment},\nu,b,{moment}, 1 \n",
    ],
)
def test_progress_nobody_knows_counts_as_it_does_on_the_box(log: str, tmp_path: Path) -> None:
    nothing = np.array([np.nan])
    (expected,) = completion(
        completed=np.array([False]),
        progress_fraction=nothing,
        progress_seconds=nothing,
        run_seconds=np.ones(1),
    )
    assert _load(tmp_path, log.format(moment=T)).completion[0] == expected


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_separators_and_the_order_of_rows_and_columns_change_nothing(
    separator: str, tmp_path: Path
) -> None:
    rows = [f"{user},{item},{T + n}" for n, user in enumerate("zya") for item in "ab"]
    one = _load(tmp_path, "\n".join(["user,item,timestamp", *rows]))
    turned = [separator.join(reversed(row.split(","))) for row in reversed(rows)]
    head = separator.join(("\ufeffTimestamp", "Item ", "USER"))
    two = _load(tmp_path, f"{head}\r\n" + "\r\n\r\n".join(turned))
    assert _rows(one) == _rows(two)


def test_times_may_be_written_out(tmp_path: Path) -> None:
    log = _load(tmp_path, "user,item,timestamp\nu,a,2025-01-31T20:15:00Z\nu,b,1738354501.5\n")
    assert log.watched_on.tolist() == [T, T + 1]


def test_a_viewing_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    head = "user,item,timestamp,progress\n"
    log = _load(tmp_path, head + f"u,a,{T},0.2\nu,a,{T},0.75\nu,a,{T},0.5\nu,a,{T + 1},0.1\n")
    assert _rows(log) == [(0, "a", T, 0.75), (0, "a", T + 1, pytest.approx(0.1))]


def test_unknown_items_are_left_out_if_so_wished(tmp_path: Path) -> None:
    log = _load(tmp_path, f"user,item,timestamp\nu,gone,{T}\nv,a,{T}\n", skip_unknown=True)
    assert _rows(log) == [(0, "a", T, 0.5)]
    assert log.user_count == 1


def test_batches_make_one_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "user,item,timestamp\n" + "".join(f"u{n % 3},{'ab'[n % 2]},{T + n}\n" for n in range(10))
    whole = _load(tmp_path, text)
    monkeypatch.setattr(tables, "_ROWS", 4)
    assert _rows(_load(tmp_path, text)) == _rows(whole)
    with pytest.raises(InputError, match=r"log\.csv, line 12, field 'timestamp'"):
        _load(tmp_path, text + "u,a,soon\n")


@pytest.mark.parametrize(
    ("viewings", "says"),
    [
        ("", "log.csv has no column 'user'; it has none"),
        ("user,item\n", "log.csv has no column 'timestamp'; it has user, item"),
        ("user,item,timestamp,item\n", "log.csv has two columns 'item'"),
        ("user,item,timestamp\n", "holds no viewings"),
        (
            "user,item,timestamp\nu,a\n",
            "log.csv, line 2: 2 fields, expected 3: user, item, timestamp",
        ),
        (f"user,item,timestamp\nu,a,{T}\nu,x,{T}\n", "line 3, field 'item': 'x' is not in the"),
        (f"user,item,timestamp\n,a,{T}\n", "line 2, field 'user': found '', expected an id"),
        ("user,item,timestamp\nu,a,\n", "line 2, field 'timestamp': found '', expected seconds"),
        (f"user,item,timestamp\n\nu,a,{T}000\n", "line 3, field 'timestamp': .*not milliseconds"),
        (f"user,item,timestamp\nu,a,{T}\nu,a,{T}000\n", "line 3, field .*: .*not milliseconds"),
        (f"user,item,timestamp\nu,a,{T}\nu,a,3\n", "line 3, field 'timestamp': found '3'"),
        (f"user,item,timestamp,progress\nu,a,{T},nan\n", "field 'progress': found 'nan', expected"),
        (f"user,item,timestamp,progress\nu,a,{T},95\n", "field 'progress': found '95', expected"),
        (f"user,item,timestamp,progress\nu,a,{T},most\n", "field 'progress': found 'most'"),
        (f'user,item,timestamp\nu,"a,{T}\n', "log.csv, line 2: unexpected end"),
        (f"user,item,timestamp\nu,a,{T}\nJos\xe9,a,{T}\n".encode("latin-1"), "line 3: not UTF-8"),
        (f"user,item,timestamp\nu,a,{T}\n".encode("utf-16"), "log.csv is UTF-16"),
        (b"\x1f\x8b\x08\x00", "log.csv is compressed"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    viewings: str | bytes, says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        _load(tmp_path, viewings)
    assert refusal.value.hint


def test_a_log_without_rows_says_what_a_row_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"log\.csv holds no viewings$") as refusal:
        _load(tmp_path, "user,item,timestamp\n")
    assert refusal.value.hint == "expected rows of user, item, timestamp"


def test_a_table_needs_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("user,item,timestamp\n")
    with pytest.raises(InputError, match="says nothing of the titles") as refusal:
        load_log(tmp_path / "log.csv")
    assert "--catalogue" in refusal.value.hint
    with pytest.raises(InputError, match="absent cannot be read"):
        load_log(tmp_path / "absent")


def test_parquet_without_pyarrow_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "titles.csv").write_text(CATALOGUE)
    (tmp_path / "log.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="pyarrow is not installed") as refusal:
        load_log(tmp_path / "log.parquet", tmp_path / "titles.csv")
    assert "edgeagent[parquet]" in refusal.value.hint


@pytest.fixture
def arrow() -> object:
    return pytest.importorskip("pyarrow", reason="pyarrow: pip install 'edgeagent[parquet]'")


@pytest.mark.usefixtures("arrow")
def test_parquet_in_one_file_or_in_parts(tmp_path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415  (skipped without it)
    from pyarrow import parquet  # noqa: PLC0415

    (tmp_path / "titles.csv").write_text("item,title\n7,Seven\n8,Eight\n")
    moments = pa.array([T * 10**9 + 5, (T + 1) * 10**9], pa.timestamp("ns"))
    columns = {"user": [2, 1], "item": [8, 7], "timestamp": moments, "progress": [0.75, None]}
    parquet.write_table(pa.table(columns), tmp_path / "log.parquet")
    (tmp_path / "parts").mkdir()
    for row, name in enumerate(("part-0.parquet", "part-1.parquet")):
        parquet.write_table(pa.table(columns).slice(row, 1), tmp_path / "parts" / name)
    whole = load_log(tmp_path / "log.parquet", tmp_path / "titles.csv")
    assert _rows(whole) == [(1, "8", T, 0.75), (0, "7", T + 1, 0.5)]
    assert _rows(load_log(tmp_path / "parts", tmp_path / "titles.csv")) == _rows(whole)


@pytest.mark.usefixtures("arrow")
@pytest.mark.parametrize("progress", [float("nan"), 1.5])
@pytest.mark.parametrize("rows_at_once", [1, 65_536])
def test_parquet_errors_name_the_row(
    progress: float, rows_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow as pa  # noqa: PLC0415  (skipped without it)
    from pyarrow import parquet  # noqa: PLC0415

    monkeypatch.setattr(tables, "_ROWS", rows_at_once)
    (tmp_path / "titles.csv").write_text(CATALOGUE)
    table = {"user": ["u", "v"], "item": ["a", "b"], "timestamp": [T, T], "progress": [1, progress]}
    parquet.write_table(pa.table(table), tmp_path / "log.parquet")
    with pytest.raises(InputError, match=r"log\.parquet, row 2, field 'progress'"):
        load_log(tmp_path / "log.parquet", tmp_path / "titles.csv")


@pytest.mark.usefixtures("arrow")
def test_broken_parquet_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "titles.csv").write_text(CATALOGUE)
    (tmp_path / "log.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="is not readable as Parquet"):
        load_log(tmp_path / "log.parquet", tmp_path / "titles.csv")


def test_movielens_is_still_a_directory(movielens: Path) -> None:
    assert len(load_log(movielens)) == 1


def test_beside_movielens_a_catalogue_adds(movielens: Path, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("item,title,people\nml:1,One,Ann\nnew,New,Bob\n")
    log = load_log(movielens, tmp_path / "more.csv")
    assert [title.title for title in log.titles] == ["One", "New"]
    assert log.metadata["ml:1"].people == ("Ann",)
    assert log.items.tolist() == [0]
    assert np.all(log.completion == 1)


@pytest.fixture
def movielens(tmp_path: Path) -> Path:
    directory = tmp_path / "ml"
    directory.mkdir()
    (directory / "movies.csv").write_text("movieId,title,genres\n1,A (2000),War\n")
    (directory / "ratings.csv").write_text(f"userId,movieId,rating,timestamp\n1,1,3,{T}\n")
    return directory
