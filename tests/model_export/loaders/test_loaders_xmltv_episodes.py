"""Episodes of guides, however a grabber spells their number, and what is no episode."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.messages import Title
from edgeagent.messages.fields import UNKNOWN_AGE
from model_export.loaders import LoadedCatalogue, load_catalogue


def _load(directory: Path, *insides: str) -> LoadedCatalogue:
    programmes = "".join(f"<programme>{inside}</programme>" for inside in insides)
    (directory / "guide.xml").write_text(f"<tv>{programmes}</tv>", "utf-8")
    return load_catalogue(directory / "guide.xml")


def _only(directory: Path, *insides: str) -> Title:
    (title,) = _load(directory, *insides).titles
    return title


def _tide(*numbers: tuple[str, str], more: str = "") -> str:
    written = (f'<episode-num system="{system}">{text}</episode-num>' for system, text in numbers)
    return f"<title>Tide</title>{''.join(written)}{more}"


@pytest.mark.parametrize(
    ("written", "season", "episode"),
    [
        ("S02E07", 2, 7), ("s2e7", 2, 7), ("S2 Ep7", 2, 7), ("S1 Ep4/10", 1, 4), ("S 2 E 7", 2, 7),
        ("S02.E07", 2, 7), ("S02_E07", 2, 7), ("(S2, Ep5)", 2, 5), ("S2 • E5", 2, 5),
        ("S02E07 (Final)", 2, 7), ("S01E04E05", 1, 4), ("s01e04-e05", 1, 4), ("S2 (4/10)", 2, 4),
        ("2x07", 2, 7), ("2 x 07", 2, 7), ("T02xE04", 2, 4), ("Se2Ep7", 2, 7), ("E5 S2", 2, 5),
        ("S2019E5", 2019, 5), ("2019x05", 2019, 5), ("S0E5", 0, 5), ("S1E1001", 1, 1001),
        ("Folge 12", None, 12), ("12. Folge", None, 12), ("Folge 12 von 26", None, 12),
        ("E37", None, 37), ("EP37", None, 37), ("Ep. 12/24", None, 12), ("#12", None, 12),
        ("Nr. 12", None, 12), ("4/10", None, 4), ("(4/10)", None, 4), ("4 of 10", None, 4),
        ("12", None, 12), ("Pt.2/3", None, 2), ("Teil 2/3", None, 2), ("S02", 2, None),
        ("Season 2", 2, None), ("Season 2, Ep. 5", 2, 5), ("Series 4, Episode 8 of 10", 4, 8),
        ("Staffel 2, Folge 7", 2, 7), ("2. Staffel, 7. Folge", 2, 7), ("Folge 7 / Staffel 2", 2, 7),
        ("Saison 2 Épisode 4", 2, 4), ("2e saison, épisode 4", 2, 4), ("T2 E4", 2, 4),
        ("Temporada 2 Capítulo 4", 2, 4), ("5ª temp. ep 2", 5, 2), ("Cap. 120", None, 120),
        ("2a stagione, 4a puntata", 2, 4), ("T2:E4", 2, 4), ("Seizoen 2, Afl. 4/9", 2, 4),
        ("sezon 2 odc. 4/13", 2, 4), ("2. Sezon 4. Bölüm", 2, 4), ("37. Bölüm", None, 37),
        ("Säsong 2 avsnitt 4", 2, 4), ("Del 4 av 10", None, 4), ("Sæson 2 episode 4", 2, 4),
        ("Kausi 2. Jakso 4/10", 2, 4), ("Сезон 2 Серия 5", 2, 5), ("第2季第5集", 2, 5),
        ("Season III Episode 4", 3, 4), ("Staffel IV, Folge 2", 4, 2), ("Season XX", 20, None),
        ("第12話", None, 12), ("\u0661\u0662", None, 12),
    ],
)  # fmt: skip
def test_spellings_on_screen(
    tmp_path: Path, written: str, season: int | None, episode: int
) -> None:
    title = _only(tmp_path, _tide(("onscreen", written)))
    assert (title.kind, title.season, title.episode) == ("episode", season, episode)


@pytest.mark.parametrize(
    ("written", "season", "episode"),
    [
        ("1.6/12.0/1", 2, 7), ("1.6.", 2, 7), (" 1 . 6/12 . 0 / 2 ", 2, 7), (".6.", None, 7),
        ("..6", None, None), ("1..", 2, None), ("1/3.6/12.", 2, 7), ("1.6", 2, 7), ("0.0.", 1, 1),
        ("2018.11.", 2019, 12), ("S02E07", 2, 7), ("-1.4.", 0, 5),
    ],
)  # fmt: skip
def test_numbers_of_xmltv_count_from_zero(
    tmp_path: Path, written: str, season: int | None, episode: int | None
) -> None:
    title = _only(tmp_path, _tide(("xmltv_ns", written)))
    assert (title.kind, title.season, title.episode) == ("episode", season, episode)


def test_the_number_of_xmltv_is_believed_before_another(tmp_path: Path) -> None:
    title = _only(tmp_path, _tide(("onscreen", "S9E9"), ("xmltv_ns", "1..")))
    assert (title.season, title.episode) == (2, 9)


@pytest.mark.parametrize(
    "system", ["SxxExx", "common", "onscreen", "sxxexx", "tvguide", "xmltv_ns"]
)
def test_no_system_is_unknown(tmp_path: Path, system: str) -> None:
    title = _only(tmp_path, _tide((system, "S02E07")))
    assert (title.entity_id, title.season, title.episode) == ("Tide S02E07", 2, 7)


def test_a_number_without_system_is_one_on_screen(tmp_path: Path) -> None:
    title = _only(tmp_path, "<title>Tide</title><episode-num>S02E07</episode-num>")
    assert title.entity_id == "Tide S02E07"


def test_season_and_episode_may_stand_apart(tmp_path: Path) -> None:
    title = _only(tmp_path, _tide(("season", "6"), ("episode", "35/40")))
    assert (title.entity_id, title.kind) == ("Tide S06E35", "episode")


@pytest.mark.parametrize("more", ["", "<category>Film</category>", "<category>Movie</category>"])
def test_a_number_that_nobody_can_read_never_merges_as_a_film(tmp_path: Path, more: str) -> None:
    film = "<title>Tide</title><category>Film</category>"
    odd = (_tide(("onscreen", text), more=more) for text in ("II-b/c", "Finale!", "S99999E1000000"))
    titles = _load(tmp_path, *odd, film).titles
    assert [title.kind for title in titles] == ["episode"] * 3 + ["film"]
    assert len({title.entity_id for title in titles}) == 4


@pytest.mark.parametrize("written", ["", ".", ". .", " . . ", "..."])
def test_an_empty_number_says_nothing(tmp_path: Path, written: str) -> None:
    title = _only(tmp_path, _tide(("xmltv_ns", written), more="<category>movie</category>"))
    assert (title.entity_id, title.kind) == ("Tide", "film")


def test_every_episode_of_a_series_is_a_title_of_its_own(tmp_path: Path) -> None:
    spelt = [(("SxxExx", f"S{s:02}E{e:02}"),) for s in (1, 2) for e in (1, 2)]
    again = [(("xmltv_ns", f"{s - 1}.{e - 1}."),) for s in (1, 2) for e in (1, 2)]
    found = _load(tmp_path, *(_tide(*each) for each in (*spelt, *again)))
    assert [title.entity_id for title in found.titles] == [
        "Tide S01E01", "Tide S01E02", "Tide S02E01", "Tide S02E02",
    ]  # fmt: skip
    assert {title.series_id for title in found.titles} == {"tide"}
    assert found.merged == 4


@pytest.mark.parametrize(
    ("system", "series"),
    [
        ("themoviedb.org", "series/77"), ("imdb.com", "series/0090001"), ("thetvdb.com", "show/5"),
        ("dd_progid", "SH00001111.0000"), ("dd_progid", "EP00001111.0000"),
        ("series", "SH03270000"),
    ],
)  # fmt: skip
def test_an_id_of_a_series_is_not_an_id_of_its_episodes(
    tmp_path: Path, system: str, series: str
) -> None:
    one, two = (_tide((system, series), ("onscreen", f"S01E0{e}")) for e in (1, 2))
    titles = _load(tmp_path, one, two).titles
    assert [(title.entity_id, title.series_id) for title in titles] == [
        ("Tide S01E01", series), ("Tide S01E02", series),
    ]  # fmt: skip


def test_two_episodes_under_one_id_are_both_kept(tmp_path: Path) -> None:
    one, two = (_tide(("imdb.com", "tt0090001"), ("onscreen", f"S01E0{e}")) for e in (1, 2))
    found = _load(tmp_path, one, two)
    assert [title.entity_id for title in found.titles] == ["tt0090001", "Tide S01E02"]
    assert "an id that another title has" in found.ignored[0].reason


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("first", "second"), [("crid", "crid"), ("series.crid", "crid")])
def test_programmes_of_one_series_by_id_are_not_one_whatever_the_order(
    tmp_path: Path, first: str, second: str, order: int
) -> None:
    news = [
        _tide(
            *((first, "crid://tv.example/s1"), (second, f"crid://tv.example/p{n}"))[::order],
            more=f"<desc>Of day {n}.</desc>",
        )
        for n in (1, 2, 1, 2)
    ]
    found = _load(tmp_path, *news)
    assert (len(found.titles), found.merged) == (2, 2)
    assert found.metadata[found.titles[1].entity_id].description == "Of day 2."


def test_broadcasts_with_ids_of_their_own_are_one(tmp_path: Path) -> None:
    ids = [("crid", f"crid://tv.example/{name}") for name in ("p1", "p1#1", "p1#2")]
    same = [_tide(ids[0], own, more="<desc>Of day 1.</desc>") for own in ids[1:]]
    assert _only(tmp_path, *same).entity_id == "crid://tv.example/p1"


def test_the_halves_of_an_episode_are_two(tmp_path: Path) -> None:
    halves = [_tide(("onscreen", f"S03E04{half}")) for half in ("a", "b", "a")]
    titles = _load(tmp_path, *halves).titles
    assert [title.entity_id for title in titles] == ["Tide S03E04a", "Tide S03E04b"]
    assert {(title.season, title.episode) for title in titles} == {(3, 4)}


def test_the_year_of_a_note_keeps_films_apart(tmp_path: Path) -> None:
    notes = ("1984", "Krimi, D/F 1985")
    inside = "<title>Tide</title><sub-title>{}</sub-title>"
    titles = _load(tmp_path, *map(inside.format, notes)).titles
    assert [(title.entity_id, title.year) for title in titles] == [
        ("Tide (1984)", 1984), ("Tide (1985)", 1985),
    ]  # fmt: skip
    assert _only(tmp_path, f"{inside.format('1984')}<date>1999</date>").year == 1999


def test_films_of_one_name_with_other_people_are_counted(tmp_path: Path) -> None:
    by = "<title>Tide</title><credits><director>{}</director></credits>"
    found = _load(tmp_path, *map(by.format, ("Ann Bo", "Cy Da", "Ann Bo")))
    assert found.merged == 2
    assert [(each.count, each.reason) for each in found.ignored] == [
        (1, "a film of the same name with none of the same people: read as one")
    ]


def test_letters_that_are_no_number_count_no_season(tmp_path: Path) -> None:
    title = _only(tmp_path, "<title>Tide</title><sub-title>Season V Files Episode 4</sub-title>")
    assert (title.season, title.episode) == (None, None)


@pytest.mark.parametrize("twice", ["Tom &amp;amp; Jerry", "Tom &amp;#38; Jerry", "Tom &amp; Jerry"])
def test_what_was_escaped_twice_is_read_as_meant(tmp_path: Path, twice: str) -> None:
    inside = f"<title>{twice}</title><keyword>{twice}</keyword><desc>{twice}; R&amp;D;</desc>"
    found = _load(tmp_path, f"{inside}<credits><actor>{twice}</actor></credits>")
    (title,), more = found.titles, found.metadata["Tom & Jerry"]
    assert (title.entity_id, title.title) == ("Tom & Jerry", "Tom & Jerry")
    assert (more.keywords, more.people) == (("Tom & Jerry",), ("Tom & Jerry",))
    assert more.description == "Tom & Jerry; R&D;"


@pytest.mark.parametrize(
    "more",
    [
        "<category>movie</category>", "<category>Spielfilm</category>",
        "<category>Cinéma</category>", "<category>film fabularny</category>",
        '<episode-num system="dd_progid">MV00123456.0000</episode-num>',
        '<episode-num system="themoviedb.org">movie/77</episode-num>',
    ],
)  # fmt: skip
@pytest.mark.parametrize("sub_title", ["Ebb", "Part 2", "Teil 2", "Folge 12", "S01E02"])
def test_a_sub_title_makes_no_episode_of_a_film(tmp_path: Path, more: str, sub_title: str) -> None:
    title = _only(tmp_path, f"<title>Tide</title><sub-title>{sub_title}</sub-title>{more}")
    assert (title.kind, title.season, title.episode) == ("film", None, None)
    assert title.title == f"Tide: {sub_title}"


@pytest.mark.parametrize(
    ("sub_title", "kind"),
    [
        ("Spielfilm, USA 1999", "film"), ("USA 1999", "film"), ("Krimi, D/F 2003", "film"),
        ("Drama, Großbritannien 2012", "film"), ("(1999)", "film"), ("Movie: ", "film"),
        ("Tide", "film"), ("Winter 1947", "episode"), ("Olympia 2024", "episode"),
        ("Folge 12", "episode"), ("Ebb", "episode"),
    ],
)  # fmt: skip
def test_a_note_on_how_a_film_was_made_is_no_name(
    tmp_path: Path, sub_title: str, kind: str
) -> None:
    title = _only(tmp_path, f"<title>Tide</title><sub-title>{sub_title}</sub-title>")
    assert title.kind == kind
    assert (title.title == "Tide") is (kind == "film")


def test_a_year_in_the_name_of_an_episode_keeps_episodes_apart(tmp_path: Path) -> None:
    series = "<title>Tide</title><category>series</category><sub-title>{}</sub-title>"
    names = ("Winter 1947", "USA 1999", "1984")
    titles = _load(tmp_path, *map(series.format, names)).titles
    assert [(title.kind, title.title) for title in titles] == [
        ("episode", f"Tide: {name}") for name in names
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_broadcasts_the_strictest_rating_counts(tmp_path: Path, order: int) -> None:
    rated = [
        f"<title>Tide</title><rating><value>{value}</value></rating>"
        for value in ("G", "wobbly", "18", "FSK 12")
    ]
    assert _only(tmp_path, *rated[::order]).age_rating == 18


def test_a_rating_without_value_counts(tmp_path: Path) -> None:
    assert _only(tmp_path, "<title>Tide</title><rating>TV-MA</rating>").age_rating == 18
    assert _only(tmp_path, '<title>Tide</title><rating value="18"/>').age_rating == 18
    assert _only(tmp_path, '<title>Tide</title><rating system="FSK"/>').age_rating == 0


@pytest.mark.parametrize("value", ["", "<value/>", "<value> </value>"])
def test_a_rating_that_is_a_picture_is_not_for_everybody(tmp_path: Path, value: str) -> None:
    picture = f'<title>Tide</title><rating system="CSA">{value}<icon src="csa-18.png"/></rating>'
    assert _only(tmp_path, picture).age_rating == UNKNOWN_AGE
    readable = f"{picture}<rating><value>12</value></rating>"
    assert _only(tmp_path, readable).age_rating == 12


def test_broadcasts_without_rating_leave_that_of_another(tmp_path: Path) -> None:
    rated = "<title>Tide</title><rating system='FSK'><value>16</value></rating>"
    assert _only(tmp_path, "<title>Tide</title>", rated, "<title>Tide</title>").age_rating == 16


def test_the_day_it_was_first_shown_keeps_episodes_apart_and_makes_none_of_a_film(
    tmp_path: Path,
) -> None:
    days = [_tide(("original-air-date", f"2026-01-0{day} 20:00:00")) for day in (1, 2)]
    film = _tide(("original-air-date", "1999-01-01"), more="<category>movie</category>")
    titles = _load(tmp_path, *days, film).titles
    assert [(title.entity_id, title.kind) for title in titles] == [
        ("Tide (2026-01-01)", "episode"), ("Tide (2026-01-02)", "episode"), ("Tide", "film"),
    ]  # fmt: skip
