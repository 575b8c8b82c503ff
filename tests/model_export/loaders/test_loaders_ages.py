from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from edgeagent.messages.fields import UNKNOWN_AGE
from model_export.loaders.ages import AgeMention, age_rating


def _age(text: str, system: str = "") -> int | None:
    return age_rating([AgeMention(text=text, system=system)])


@pytest.mark.parametrize(
    ("written", "age"),
    [
        # United States, with and without hyphens, reasons and descriptors
        ("G", 0), ("PG", 8), ("PG for peril", 8), ("PG-13", 13), ("PG 13", 13), ("PG13", 13),
        ("R", 17),
        ("Rated R for strong violence", 17), ("Rated PG-13 for peril", 13), ("NC-17", 18),
        ("NC17", 18), ("MPAA:PG-13", 13), ("US:R", 17), ("G - General Audiences", 0),
        ("TV-G", 0), ("TVG", 0), ("tv_y", 0), ("TV-Y7", 7), ("TVY7", 7), ("TV-Y7-FV", 7),
        ("TV-PG", 8), ("TV-PG-LV", 8), ("TVPG TV-MA", 18), ("TV14", 14), ("TV-14-DLSV", 14),
        ("TV-MA", 18), ("TVMA", 18), ("TV MA", 18), ("TV\u2011MA", 18), ("TV-MA-LSV", 18),
        # Britain, Ireland
        ("U", 0), ("U (suitable for all)", 0), ("12A", 12), ("15", 15), ("R18", 18),
        ("18 (strong violence)", 18), ("15: strong language", 15), ("UK:15", 15), ("15A", 15),
        # Germany
        ("FSK 0", 0), ("FSK 12", 12), ("FSK12", 12), ("FSK-16", 16), ("DE:FSK 16", 16),
        ("ab 16 Jahren", 16), ("Freigegeben ab 12 Jahren gemäß § 14 JuSchG", 12), ("o.A.", 0),
        ("FSK o. A.", 0), ("Ohne Altersbeschränkung", 0), ("Keine Jugendfreigabe", 18),
        # France
        ("Tous publics", 0), ("Tout public", 0), ("TP", 0), ("-10", 10), ("-18", 18),
        ("CSA -16", 16), ("Déconseillé aux moins de 12 ans", 12),
        ("Interdit aux moins de 16 ans", 16),
        # Spain, Argentina
        ("Apta para todos los públicos", 0), ("ATP", 0),
        ("No recomendada para menores de 12 años", 12),
        # Italy, Portugal, Brazil
        ("Per tutti", 0), ("VM14", 14), ("Vietato ai minori di 18 anni", 18), ("M/12", 12),
        ("Para todos", 0), ("Livre", 0), ("A14", 14),
        ("Não recomendado para menores de 16 anos", 16),
        # Netherlands, Poland, Sweden, Turkey
        ("AL", 0), ("Alle leeftijden", 0), ("niet onder 16 jaar", 16), ("b/o", 0),
        ("bez ograniczeń", 0), ("od 16 lat", 16), ("Btl", 0), ("Barntillåten", 0),
        ("Från 15 år", 15), ("Genel İzleyici", 0), ("GENEL İZLEYİCİ KİTLESİ", 0),
        ("13 yaş ve üzeri", 13),
        # Japan, Australia, Singapore, India
        ("PG12", 12), ("PG-12", 12), ("R15+", 15), ("R-18", 18), ("M", 15), ("MA15+", 15),
        ("MA 15+", 15), ("R18+", 18), ("X18+", 18), ("R21", 18), ("UA 13+", 13),
        # numbers
        ("0", 0), ("12", 12), ("16.0", 16), ("18+", 18), ("\uff11\uff18", 18), ("1+", 1),
        ("Ages 7 and up", 7), ("TP, -18", 18), ("G / 18", 18), ("6; 12", 12),
        ("TV-14|R", 17), ("TV-14, R", 17), ("12;R", 17), ("PG (R)", 17), ("DE:12 / US:R", 17),
        # a letter that means everybody in one country and adults in another
        ("A", 18), ("C", 18), ("MA", 18),
        ("M (Mature 17+)", 17), ("Mature 17+", 17),
        ("Nur für Erwachsene", 18), ("dla dorosłych", 18), ("Yetişkinler için", 18),
        ("Category III", 18), ("-16 avec avertissement", 16), ("12 лет", 12), ("от 16 лет", 16),
    ],
)  # fmt: skip
def test_ratings_in_use_as_ages(written: str, age: int) -> None:
    assert _age(written) == age


@pytest.mark.parametrize(
    ("written", "system", "age"),
    [
        ("MA", "ACB", 15),
        ("R", "OFRB (Ontario)", 18),
        ("M", "ESRB", 17),
        ("A", "ICAA", 0),
        ("A", "CBFC", 18),
        ("L", "ClassInd", 0),
        ("C", "Canadian Home Video Rating System", 0),
        ("7-12", "typicalAgeRange", 7),
        ("11-", "typicalAgeRange", 11),
        ("2", "typicalAgeRange", 2),
        ("18+", "typicalAgeRange", 18),
        ("0-99", "typicalAgeRange", 0),
        ("5", "CSA", 18),
        ("IV", "CSA", 16),
        ("-10", "CSA", 10),
        ("TV-14", "imdb", 14),
        ("18", "TMDB", 18),
    ],
)
def test_the_system_tells_what_a_code_means(written: str, system: str, age: int) -> None:
    assert _age(written, system) == age


@pytest.mark.parametrize(
    "written",
    [
        "unheard of", "Not Rated", "NR", "Graphic Violence", "99", "1200", "30-40", "-1", "2",
        "4.5", "7,4", "1,8", "3/5", "16:9", "L", "U Suitable for nobody", "not suitable for all",
        "16 mm", "?",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_unknown_and_never_for_everybody(written: str) -> None:
    assert _age(written) == UNKNOWN_AGE
    assert age_rating([AgeMention(text=written), AgeMention(text="FSK 6")]) == 6


@pytest.mark.parametrize("blank", ["", "  ", "N/A", "nan", "None", "\\N", "-"])
def test_what_is_not_said_is_no_mention(blank: str) -> None:
    assert _age(blank) is None
    assert age_rating([AgeMention(text=blank), AgeMention(text="R")]) == 17


def test_nothing_is_said_without_mentions() -> None:
    assert age_rating([]) is None


@pytest.mark.parametrize("order", [("G", "18"), ("18", "G"), ("TP", "-18"), ("0", "??", "18")])
def test_the_strictest_of_all_mentions_counts(order: tuple[str, ...]) -> None:
    assert age_rating([AgeMention(text=text) for text in order]) == 18


def test_every_word_of_the_table_is_read_as_it_says() -> None:
    table = files("model_export.loaders").joinpath("age_words.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    assert len({(row["written"], row["system"]) for row in rows}) == len(rows)
    for row in rows:
        assert _age(row["written"].upper(), row["system"].upper()) == int(row["age"]), row


@pytest.mark.parametrize(
    ("genres", "age"),
    [
        ("Adult", 18), ("Erotikfilm", 18), ("Drama|Erotik", 18), ("0x18", 18),
        ("FSK 18", 18), ("od lat 16", 16), ("ab 12 Jahren", 12), ("Drama|16+|FSK 6", 16),
        ("Drama", None), ("Young Adult", None),
        ("Young Adult Drama", None), ("Jeunes adultes", None), ("Young adult erotica", 18),
        ("0x14", None), ("IAB1-2", None), ("0x08", None),
        ("Top 10", None), ("U21", None), ("16:9", None), ("1984", None), ("12", None),
        ("S1 E2", None),
    ],
)  # fmt: skip
def test_a_genre_may_be_an_age_and_adult_is_for_nobody_younger(
    genres: str, age: int | None
) -> None:
    assert age_rating([], genres.split("|")) == age


def test_a_rating_goes_before_the_genre_adult_but_not_before_an_age_among_genres() -> None:
    assert age_rating([AgeMention(text="12")], ["Erotik"]) == 12
    assert age_rating([AgeMention(text="12")], ["FSK 16"]) == 16
    assert age_rating([AgeMention(text="n/a")], ["Erotik"]) == 18
    assert age_rating([AgeMention(text="zzyzx")], ["Erotik"]) == UNKNOWN_AGE


@pytest.mark.parametrize(
    ("score", "system"),
    [
        ("8", "imdb"), ("7.0", "imdb.com"), ("0.0", "TMDB"), ("5", "stars"), ("4 stars", "users"),
        ("8/10", "IMDb"), ("87 %", "Rotten Tomatoes"), ("74", "metacritic"), ("7,4", "user score"),
    ],
)  # fmt: skip
def test_a_score_says_nothing_of_an_age(score: str, system: str) -> None:
    assert _age(score, system) is None
    assert age_rating([AgeMention(text=score, system=system), AgeMention(text="FSK 6")]) == 6
    assert age_rating([AgeMention(text=score, system=system)], ["Erotik"]) == 18
