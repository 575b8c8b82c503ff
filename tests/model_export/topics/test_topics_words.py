from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from model_export.topics.lookup import genres_of, most_telling, sensitive_genres_of
from model_export.topics.mapping import topics_of
from model_export.topics.tables import TOPICS, codes, genres, words

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr")


@pytest.mark.parametrize(
    "said",
    [
        (
            "War; Kriegsfilm; Film de guerre; Cine bélico; Film di guerra; Guerra; Oorlogsfilm;"
            " Film wojenny; Krigsfilm; Savaş filmi; Adventure/Western/War; 0x12; Antikriegsfilm"
        ),
        (
            "Religion; Kirche; Émission religieuse; Programa religioso; Santa Messa; Missa;"
            " Kerkdienst; Msza święta; Gudstjänst; Dini; 0x73; IAB23-5; Gottesdienst; Église"
        ),
        (
            "Politics; Politik; Magazine politique; Política; Politica; Política; Politiek;"
            " Polityka; Riksdagen; Siyaset; social/political issues/economics; 0x80; IAB11"
        ),
        (
            "Health; Gesundheitsmagazin; Santé; Salud; Salute; Saúde; Gezondheid; Zdrowie; Hälsa;"
            " Sağl\u0131k; Fitness & Health; 0x93; 0xa4; IAB7-3; Arztserie"
        ),
        (
            "Erotic; Erotikfilm; Érotique; Cine erótico; Film erotico; Filme erótico; Erotiek;"
            " Film erotyczny; Erotisk film; Erotik; Adult movie/drama; 0x18; Adult; IAB25"
        ),
        (
            "True Crime; Serienmörder; Faits divers; Sucesos; Cronaca nera; Crimes reais;"
            " Waargebeurde misdaad; Verkliga brott; Gerçek suçlar"
        ),
        (
            "Crime documentary; Crime doc; Krimi-Doku; Kriminalreportage; Documentaire policier;"
            " Doc. criminel; Reportage criminel; Documental policial; Documentari criminali;"
            " Misdaaddocumentaire; Dokument kryminalny; Kriminaldokumentär; Suç belgeseli"
        ),
        "Ramadan; Rosary; Rosenkranz; Predigt; Hadj; Kazanie; Bibliskt; Mevlit; Ezan; Religion",
        "Kurdish; Kürt; Sami; Samiskt; Latino; Romowie; Gitanos; Native American; Immigration",
        "Hentai; Yaoi; Sexploitation; Erotic",
        "Partei; Parteitag; Neonazi; Neonazis; Politics",
        (
            "LGBTQ; Homosexualität; Homosexualité; Homosexual; Omosessualità; Homoseksualiteit;"
            " Homoseksualizm; Homosexualitet; Eşcinsellik"
        ),
        (
            "Immigration; Flüchtlinge; Immigrés; Inmigración; Immigrazione; Imigração;"
            " Vluchtelingen; Uchodźcy; Flyktingar; Göçmenler"
        ),
    ],
)
def test_one_topic_is_known_in_every_language_and_code(said: str) -> None:
    topics = [topics_of(genres_of(word) or ()) for word in said.split(";")]
    assert frozenset.intersection(*topics), dict(zip(said.split(";"), topics, strict=True))


@pytest.mark.parametrize(
    "said",
    [
        (
            "Comedy; Komödie; Comédie; Comedia; Commedia; Comédia; Komedie; Komedia; Komedi; 0x14;"
            " Série comique; Komödienserie; Film komediowy; Komedi filmi"
        ),
        "Western; Western film; Italowestern; Del Oeste; Faroeste; Vilda västern; Kovboy",
        (
            "Crime; Krimi; Téléfilm policier; Policíaco; Poliziesco; Policial; Misdaadserie;"
            " Serial kryminalny; Kriminalserie; Polisiye; Krimiserie; Crime drama"
        ),
        (
            "Sci-Fi; Science-Fiction; Ciencia ficción; Fantascienza; Ficção científica;"
            " Science fiction/Fantasy/Horror; Bilim kurgu; Sci-Fi & Fantasy; 0x13"
        ),
        (
            "Documentary; Dokumentation; Documentaire; Documental; Documentario; Documentário;"
            " Dokumentalny; Dokumentär; Belgesel; 0x23; Tierdokumentation"
        ),
    ],
)
def test_harmless_genres_are_known_and_alike_in_every_language(said: str) -> None:
    meant = [genres_of(word) or () for word in said.split(";")]
    assert set.intersection(*map(set, meant)) or said.startswith("Documentary"), meant
    assert all(meant)
    assert not any(topics_of(each) for each in meant)


@pytest.mark.parametrize(
    "word", ["IMAX", "(no genres listed)", "Spielfilm", "Court métrage", "0xB3"]
)
def test_what_says_only_the_form_names_no_genre(word: str) -> None:
    assert genres_of(word) == ()


@pytest.mark.parametrize(
    "word", ["Zzyzx", "Xyzfilm", "Drama zzyzx", "Comedy / Zzyzx", "0xF3", "0x00", "IAB99", "&", "?"]
)
def test_one_unknown_word_makes_a_text_unknown(word: str) -> None:
    assert genres_of(word) is None


def test_a_sensitive_word_counts_among_unknown_ones() -> None:
    assert genres_of("Zzyzx Kriegsdrama") == ("war",)
    assert sensitive_genres_of("a film about the church of zzyzx") == ("religion",)
    assert genres_of("https://example.org/genre/true-crime") == ("true-crime",)


def test_a_keyword_of_two_words_for_true_crime_protects() -> None:
    assert topics_of(sensitive_genres_of("a crime documentary of zzyzx")) == {"law"}


@pytest.mark.parametrize(
    "word",
    [
        "Crime drama",
        "Star Wars",
        "Römer",
        "Court métrage",
        "Judo",
        "Zydeco",
        "Drugstore",
        "Politie",
        "Young Adult",
        "Young Adult Fantasy",
        "Junge Erwachsene",
        "Jeunes adultes",
        "Jóvenes adultos",
        "Unga vuxna",
        "Giovani adulti",
        "Genç yetişkin",
        "Młodzi dorośli",
        "Hard Rock",
        "Erwachsenenbildung",
    ],
)
def test_words_that_look_sensitive_and_are_not(word: str) -> None:
    assert sensitive_genres_of(word) == ()


def test_of_too_many_words_those_that_protect_are_kept() -> None:
    many = ["Comedy", "Drama", "Zzyzx", "Krieg", "Western"]
    assert most_telling(many, most=5) == tuple(many)
    assert most_telling(many, most=3) == ("Zzyzx", "Krieg", "Comedy")


def test_the_tables_hold_every_language_and_only_genres_of_the_closed_list() -> None:
    table = files("model_export.topics").joinpath("words.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    assert len({(row["word"], row["language"]) for row in rows}) == len(rows)
    sensitive = {genre for genre, entry in genres().items() if entry.topics}
    for language in LANGUAGES:
        assert {row["genre"] for row in rows if row["language"] == language} >= sensitive
    named = {genre for row in words() for genre in row.genres}
    named |= {genre for _, _, meant in codes() for genre in meant}
    assert named <= set(genres())
    assert {topic for genre in genres().values() for topic in genre.topics} == set(TOPICS)


def test_every_word_of_the_table_means_what_it_says() -> None:
    for row in words():
        word = row.word.removeprefix("=").replace("*", "")
        found = topics_of(genres_of(word) or ()) | topics_of(sensitive_genres_of(word))
        assert topics_of(row.genres) <= found, row


def test_the_names_of_dvb_and_iab_mean_what_their_codes_do() -> None:
    for code, name, _ in codes():
        by_code, by_name = genres_of(code), genres_of(name)
        assert by_name is not None, name
        assert topics_of(by_code or ()) <= topics_of(by_name), (code, name)


EN_300_468 = {1: 9, 2: 5, 3: 4, 4: 12, 5: 6, 6: 7, 7: 12, 8: 4, 9: 8, 0xA: 8, 0xB: 6}
"""Content descriptors by content_nibble_level_1: how many are defined, general ones counted."""
SENSITIVE_DVB = {0x12, 0x17, 0x18, 0x73, 0x80, 0x82, 0x93, 0x95, 0xA4}
SENSITIVE_IAB = {"IAB6-7", "IAB7", "IAB11", "IAB14", "IAB23", "IAB25", "IAB26"}


def test_every_content_descriptor_of_dvb_is_known_and_the_sensitive_ones_protect() -> None:
    defined = [group << 4 | low for group, count in EN_300_468.items() for low in range(count)]
    found = {code: genres_of(f"0x{code:02X}") for code in defined}
    assert None not in found.values()
    assert {code for code, meant in found.items() if topics_of(meant or ())} == SENSITIVE_DVB
    others = set(range(256)) - set(defined)
    assert {genres_of(f"0x{code:02x}") for code in others} == {None}


def test_every_tier_of_iab_is_known_and_the_sensitive_ones_protect() -> None:
    tiers = [f"IAB{tier}" for tier in range(1, 27) if tier != 24]  # 24 says: uncategorized
    found = {code: genres_of(code) for code in (*tiers, "IAB6-7")}
    assert None not in found.values()
    assert {code for code, meant in found.items() if topics_of(meant or ())} == SENSITIVE_IAB
    assert all(topics_of(genres_of(f"{code}-3") or ()) for code in SENSITIVE_IAB - {"IAB6-7"})
    assert genres_of("IAB24") is None
