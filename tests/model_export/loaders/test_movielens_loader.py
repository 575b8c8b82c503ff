"""Both forms of MovieLens, and what is said about files that are broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import InputError
from model_export.loaders import load_log, tables
from model_export.loaders.movielens import load_movielens
from model_export.loaders.movielens_titles import movielens_title

MOVIES_CSV = (
    "movieId,title,genres\n"
    "7,Heat (1995),Action|Crime\n"
    '3,"Usual Suspects, The (1995)",Crime\n'
    '9,"Cité des enfants perdus, La (City of Lost Children, The) (1995)",(no genres listed)\n'
)
RATINGS_CSV = (
    "userId,movieId,rating,timestamp\n20,3,4.0,1000000200\n4,7,0.5,1000000100\n4,9,5.0,1000000050\n"
)
MOVIES_DAT = "7::Heat (1995)::Action|Crime\n3::Amélie (2001)::Comedy\n"
RATINGS_DAT = "1::7::5::978300760\n2::3::3::978300761\n"


def _csv(directory: Path, *, ratings: str = RATINGS_CSV, movies: str = MOVIES_CSV) -> Path:
    (directory / "ratings.csv").write_text(ratings, "utf-8")
    (directory / "movies.csv").write_text(movies, "utf-8")
    return directory


def _dat(directory: Path, *, encoding: str = "latin-1") -> Path:
    (directory / "ratings.dat").write_text(RATINGS_DAT, encoding)
    (directory / "movies.dat").write_text(MOVIES_DAT, encoding)
    return directory


def test_csv_becomes_a_log_in_order_of_time(tmp_path: Path) -> None:
    log = load_movielens(_csv(tmp_path))
    assert [title.entity_id for title in log.titles] == ["ml:7", "ml:3", "ml:9"]
    assert log.watched_on.tolist() == [1000000050, 1000000100, 1000000200]
    assert log.users.tolist() == [0, 0, 1]
    assert log.items.tolist() == [2, 0, 1]
    assert log.completion.tolist() == [1.0, 1.0, 1.0]
    assert log.user_count == 2
    assert log.titles[0].genres == ("Action", "Crime")
    assert log.titles[2].genres == ()


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_dat_is_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    log = load_movielens(_dat(tmp_path, encoding=encoding))
    assert [(title.title, title.year) for title in log.titles] == [("Heat", 1995), ("Amélie", 2001)]
    assert log.items.tolist() == [0, 1]


def test_line_ends_and_blank_lines_do_not_matter(tmp_path: Path) -> None:
    plain = load_movielens(_csv(tmp_path))
    windows = RATINGS_CSV.replace("\n", "\r\n") + "\r\n\r\n"
    other = load_movielens(_csv(tmp_path, ratings=windows, movies="\ufeff" + MOVIES_CSV[:-1]))
    assert other.titles == plain.titles
    assert other.watched_on.tolist() == plain.watched_on.tolist()


def test_batches_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_movielens(_csv(tmp_path))
    monkeypatch.setattr(tables, "_ROWS", 2)
    pieces = load_movielens(tmp_path)
    assert pieces.watched_on.tolist() == whole.watched_on.tolist()
    bad = RATINGS_CSV + "4,7,x,1000000300\n"
    with pytest.raises(InputError, match="line 5, field 'rating'"):
        load_movielens(_csv(tmp_path, ratings=bad))


def test_stars_can_be_asked_for(tmp_path: Path) -> None:
    assert len(load_movielens(_csv(tmp_path), minimum_stars=4.0)) == 2
    with pytest.raises(InputError, match="none of 3 ratings has at least 6 stars"):
        load_movielens(tmp_path, minimum_stars=6.0)


@pytest.mark.parametrize(
    ("name", "spoken", "year"),
    [
        ("Usual Suspects, The (1995)", "The Usual Suspects", 1995),
        ("Cry, the Beloved Country (1995)", "Cry, the Beloved Country", 1995),
        ("Misérables, Les (1995)", "Les Misérables", 1995),
        ("Avventura, L' (1960)", "L'Avventura", 1960),
        (
            "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
            "The City of Lost Children (La Cité des enfants perdus)",
            1995,
        ),
        ("Big Bang Theory, The (2007-)", "The Big Bang Theory", 2007),
        ("Fawlty Towers (1975-1979)", "Fawlty Towers", 1975),
        ("2001: A Space Odyssey", "2001: A Space Odyssey", None),
        ("From the Future (9999)", "From the Future", None),
        ("(2005)", "(2005)", 2005),
        ("x" * 300, "x" * 200, None),
    ],
)
def test_titles_are_said_as_one_says_them(name: str, spoken: str, year: int | None) -> None:
    title = movielens_title(1, name, "Drama||")
    assert (title.title, title.year, title.genres) == (spoken, year, ("Drama",))


def _says(directory: Path, *words: str) -> None:
    with pytest.raises(InputError) as refusal:
        load_movielens(directory)
    for word in words:
        assert word in str(refusal.value)
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("4,7,3.0", "3 fields, expected 4: user, item, rating, timestamp"),
        ("4,7,3.0,1000000300,1", "5 fields, expected 4"),
        ("\x00\x00\x00", "1 fields, expected 4"),
        ("4,7,3.0,10000", "'timestamp': found '10000', expected seconds since 1970"),
        ("4,7,3.0,1000000300000", "seconds since 1970 (not milliseconds)"),
        ("4,7,3.0,", "seconds since 1970"),
        ("4,7,5.5,1000000300", "'rating': found '5.5', expected stars above 0, at most 5"),
        ("4,7,0,1000000300", "at most 5"),
        ("4,7,1_0,1000000300", "at most 5"),
        ("4,7,good,1000000300", "at most 5"),
        ("4,7,nan,1000000300", "at most 5"),
        ("4.5,7,3.0,1000000300", "'user': found '4.5', expected a whole number"),
        ("1e300,7,3.0,1000000300", "'user'"),
        ("4,8,3.0,1000000300", "'item': found '8', expected a movie of movies.csv"),
    ],
)
def test_a_bad_rating_is_named(tmp_path: Path, line: str, expected: str) -> None:
    directory = _csv(tmp_path, ratings=f"{RATINGS_CSV}{line}\n4,7,3.0,1000000400\n")
    _says(directory, "ratings.csv, line 5", expected)


def test_a_bad_line_in_dat_is_named(tmp_path: Path) -> None:
    _dat(tmp_path)
    (tmp_path / "ratings.dat").write_text("1::7::5::978300760\n1::7::5\n", "utf-8")
    _says(tmp_path, "ratings.dat, line 2: 3 fields, expected 4: user, item, rating, timestamp")


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    bad = f"{RATINGS_CSV}4,7,{'9' * 500},1000000400\n"
    _says(_csv(tmp_path, ratings=bad), "line 5", "9" * 60 + "…")


@pytest.mark.parametrize(
    ("movies", "words"),
    [
        (
            MOVIES_CSV + "11,Casino (1995)\n",
            ("line 5", "2 fields, expected 3: item, title, genres"),
        ),
        (MOVIES_CSV + "x,Casino (1995),Crime\n", ("line 5", "'item'", "whole number")),
        (MOVIES_CSV + "11, ,Crime\n", ("line 5", "'title'")),
        (MOVIES_CSV + '11,"Casino (19', ("line 5", "unexpected end of data")),
        (MOVIES_CSV + "7,Heat (1995),Crime\n", ("line 5", "movie 7 stands in line 2 already")),
        ("movieId,title,genres\n", ("holds no movies",)),
    ],
)
def test_a_bad_movie_is_named(tmp_path: Path, movies: str, words: tuple[str, ...]) -> None:
    _says(_csv(tmp_path, movies=movies), "movies.csv", *words)


def test_a_csv_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    _csv(tmp_path)
    (tmp_path / "movies.csv").write_bytes(MOVIES_CSV.encode("latin-1"))
    _says(tmp_path, "movies.csv, line 4: not UTF-8")


def test_an_empty_ratings_file_is_refused(tmp_path: Path) -> None:
    for text in ("userId,movieId,rating,timestamp\n", "userId,movieId,rating,timestamp\n\n\n"):
        _says(_csv(tmp_path, ratings=text), "ratings.csv holds no ratings")
    _says(_csv(tmp_path, ratings=""), "ratings.csv has no column 'user'; it has none")


def test_a_directory_that_is_neither_form_is_refused(tmp_path: Path) -> None:
    _says(tmp_path, "is not a MovieLens directory")
    _says(tmp_path / "absent", "is not a directory")
    _csv(tmp_path)
    (tmp_path / "movies.csv").unlink()
    _says(tmp_path, "movies.csv is missing beside ratings.csv")
    (tmp_path / "movies.csv").mkdir()
    _says(tmp_path, "movies.csv is missing")


def test_movielens_small_loads(movielens_small: Path) -> None:
    log = load_movielens(movielens_small)
    assert (len(log), log.user_count, len(log.titles)) == (100_004, 671, 9125)
    assert (log.watched_on[:-1] <= log.watched_on[1:]).all()


def test_ratings_of_one_second_stay_in_the_order_of_the_file(tmp_path: Path) -> None:
    ratings = "userId,movieId,rating,timestamp\n" + "".join(
        f"{user},{movie},4.0,1000000100\n" for user, movie in ((2, 9), (1, 9), (1, 3), (2, 7))
    )
    log = load_movielens(_csv(tmp_path, ratings=ratings))
    assert log.users.tolist() == [0, 0, 1, 1]
    assert [log.titles[item].entity_id for item in log.items] == ["ml:9", "ml:3", "ml:9", "ml:7"]


@pytest.mark.parametrize("columns", [(3, 2, 1, 0), (1, 0, 3, 2)])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_go_by_their_names(
    tmp_path: Path, columns: tuple[int, ...], separator: str
) -> None:
    plain = load_movielens(_csv(tmp_path))
    lines = [line.split(",") for line in RATINGS_CSV.splitlines()]
    turned = "\ufeff" + "".join(
        separator.join([*(f'"{line[column]}"' for column in columns), "more"]) + "\r\n"
        for line in lines
    )
    movies = '"title","genres","movieId"\n"Heat, Part One",Crime,7\nB,,3\nC,,9\n'
    other = load_movielens(_csv(tmp_path, ratings=turned, movies=movies))
    assert other.titles[0].title == "Heat, Part One"
    for name in ("users", "watched_on", "completion"):
        assert getattr(other, name).tolist() == getattr(plain, name).tolist()
    ids = [[log.titles[item].entity_id for item in log.items] for log in (plain, other)]
    assert ids[0] == ids[1]
    assert other.remarks == ()


def test_without_names_the_usual_order_is_taken_and_said(tmp_path: Path) -> None:
    plain = load_movielens(_csv(tmp_path))
    bare = [text.partition("\n")[2] for text in (RATINGS_CSV, MOVIES_CSV)]
    other = load_movielens(_csv(tmp_path, ratings=bare[0], movies=bare[1]))
    assert other.titles == plain.titles
    assert other.watched_on.tolist() == plain.watched_on.tolist()
    said = "has no header: its columns were read as"
    assert other.remarks == (
        f"{tmp_path / 'movies.csv'} {said} item, title, genres",
        f"{tmp_path / 'ratings.csv'} {said} user, item, rating, timestamp",
    )
    assert load_movielens(_dat_beside(tmp_path)).remarks == ()


def _dat_beside(directory: Path) -> Path:
    (directory / "dat").mkdir()
    return _dat(directory / "dat")


def test_a_header_that_lacks_a_column_is_refused_and_no_row_taken_for_it(tmp_path: Path) -> None:
    _says(_csv(tmp_path, ratings="a,b\n1,7\n2,7\n"), "has no column 'user'; it has a, b")
    short = RATINGS_CSV.partition("\n")[2].replace(",4.0", "").replace(",0.5", "")
    _says(_csv(tmp_path, ratings=short), "ratings.csv, line 1: 3 fields, expected 4")


def test_one_file_of_movielens_may_stand_for_a_table(tmp_path: Path) -> None:
    _csv(tmp_path)
    log = load_log(tmp_path / "ratings.csv", tmp_path / "movies.csv")
    assert [log.titles[item].entity_id for item in log.items] == ["9", "7", "3"]
    assert log.watched_on.tolist() == [1000000050, 1000000100, 1000000200]
