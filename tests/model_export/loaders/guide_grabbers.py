# ruff: noqa: RUF001  (Turkish is written with a dotless i)
"""How grabbers of eleven countries write their guides, and what is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["GRABBERS", "NUMBERS", "TOPICS", "Grabber", "Numbering"]

Numbering = Callable[[int, int], list[tuple[str, str]]]
"""From season and episode, from 1, to pairs of system and text."""

TOPICS = ("violence", "politics", "sex", "religion", "health", "", "", "", "", "")
"""Of the ten genres that each grabber has a word for, in this order: war, politics, erotic,
religion, health, crime, western, comedy, nature, cooking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grabber:
    country: str
    language: str
    encoding: str
    names: tuple[str, str]
    """Of titles: two lists of words, each title takes one of both."""
    film: str
    series: str
    genres: str
    """Ten, in the order of ``TOPICS``, separated by commas."""
    ages: tuple[tuple[str, str, int], ...]
    """System, what is written, and what it means."""
    numbers: tuple[str, ...]
    """Names in ``NUMBERS``."""
    year: str = "{year}"
    length: tuple[str, int] = ("minutes", 1)
    """Unit, and how many of them a minute has."""
    begins: bytes = b""

    @property
    def genre_topics(self) -> tuple[tuple[str, str], ...]:
        words = (word.strip() for word in self.genres.split(","))
        return tuple(zip(words, TOPICS, strict=True))


NUMBERS: dict[str, Numbering] = {
    "ns": lambda s, e: [("xmltv_ns", f"{s - 1}.{e - 1}.")],
    "ns spaced": lambda s, e: [("xmltv_ns", f" {s - 1} . {e - 1}/{e + 9} . 0/1 ")],
    "ns and screen": lambda s, e: [
        ("onscreen", f"S{s:02} E{e:02}"), ("xmltv_ns", f"{s - 1}.{e - 1}.")
    ],
    "SxxExx": lambda s, e: [("SxxExx", f"S{s:02}E{e:02}")],
    "common": lambda s, e: [("common", f"s{s}e{e}")],
    "apart": lambda s, e: [("season", f"{s}"), ("episode", f"{e}")],
    "S Ep": lambda s, e: [("onscreen", f"S{s} Ep{e}")],
    "S Ep total": lambda s, e: [("onscreen", f"S{s} Ep{e}/{e + 4}")],
    "cross": lambda s, e: [("onscreen", f"{s}x{e:02}")],
    "de": lambda s, e: [("onscreen", f"Staffel {s}, Folge {e}")],
    "de counted": lambda s, e: [("onscreen", f"{s}. Staffel, Folge {e} von {e + 3}")],
    "fr": lambda s, e: [("onscreen", f"Saison {s} Épisode {e}")],
    "uk": lambda s, e: [("onscreen", f"Series {s}, Episode {e} of {e + 2}")],
    "us": lambda s, e: [("onscreen", f"Season {s}, Ep. {e}"), ("original-air-date", "2019-10-12")],
    "es": lambda s, e: [("onscreen", f"T{s} E{e}")],
    "es words": lambda s, e: [("onscreen", f"Temporada {s} Capítulo {e}")],
    "it": lambda s, e: [("onscreen", f"Stagione {s} - Episodio {e}")],
    "it counted": lambda s, e: [("onscreen", f"{s}a stagione, {e}a puntata")],
    "pt": lambda s, e: [("onscreen", f"T{s}:E{e}")],
    "pt words": lambda s, e: [("onscreen", f"Temporada {s}, Episódio {e}")],
    "nl": lambda s, e: [("onscreen", f"Seizoen {s}, Afl. {e}/{e + 5}")],
    "pl": lambda s, e: [("onscreen", f"sezon {s} odc. {e}/{e + 5}")],
    "tr": lambda s, e: [("onscreen", f"{s}. Sezon {e}. Bölüm")],
    "sv": lambda s, e: [("onscreen", f"Säsong {s} avsnitt {e}")],
}  # fmt: skip


def _of(system: str, **ages: int) -> tuple[tuple[str, str, int], ...]:
    return tuple((system, text, age) for text, age in ages.items())


_FSK = _of("FSK", **{"0": 0, "6": 6, "FSK 12": 12, "ab 16": 16})
_CSA = _of("CSA", **{"-10": 10, "-12": 12, "Tout public": 0})
_BBFC = _of("BBFC", **{"U": 0, "PG": 8, "12A": 12, "18": 18})
_US = (*_of("MPAA", **{"PG-13": 13, "R": 17}), *_of("VCHIP", **{"TV-MA": 18, "TV-14": 14}))
_ICAA = _of("ICAA", **{"TP": 0, "+12": 12, "16": 16})
_IT = _of("", **{"VM14": 14, "Film per tutti": 0, "VM18": 18})
_BR = _of("ClassInd", **{"L": 0, "10": 10, "A14": 14, "18": 18})
_NL = _of("Kijkwijzer", **{"AL": 0, "9": 9, "16": 16})
_PL = _of("KRRiT", **{"od 12 lat": 12, "16": 16, "b/o": 0})
_TR = _of("RTÜK", **{"7+": 7, "13+": 13, "Genel İzleyici": 0})
_SV = _of("", **{"Barntillåten": 0, "11 år": 11, "från 15 år": 15})

GRABBERS = (
    Grabber(
        country="de", language="de", encoding="iso-8859-1", ages=_FSK, film="Spielfilm",
        names=("Grüne Kalte Späte Große", "Straße Insel Möwe Brücke"), series="Fernsehserie",
        genres="Krieg, Politik, Erotik, Kirche, Gesundheit, Krimi, Western, Komödie, Natur, Kochen",
        numbers=("de", "de counted", "S Ep", "ns and screen"),
    ),
    Grabber(
        country="fr", language="fr", encoding="utf-8", begins=b"\xef\xbb\xbf", ages=_CSA,
        names=("Dernière Étrange Belle Nuit", "Forêt Été Île Façade"), film="film", series="série",
        genres="guerre, politique, érotique, religion, santé, policier, "
               "western, comédie, nature, cuisine",
        numbers=("fr", "ns spaced", "SxxExx", "cross"), length=("seconds", 60),
    ),
    Grabber(
        country="uk", language="en", encoding="utf-8", ages=_BBFC, film="Film", series="Series",
        names=("Last Quiet Broken Red", "Harbour Lane Coast Hill"),
        genres="War, Politics, Erotic, Religion, Health, Crime, Western, Comedy, Nature, Cooking",
        numbers=("uk", "ns spaced", "S Ep total", "common"), year="{year}0615",
    ),
    Grabber(
        country="us", language="en", encoding="us-ascii", ages=_US, film="Movie", series="series",
        names=("Lone Far Night Second", "Orbit Bus Comet Quiz"),
        genres="War, Politics, Erotic, Religion, Medical, Crime, Western, Comedy, Nature, Cooking",
        numbers=("us", "apart", "SxxExx", "ns and screen"), year="{year}-06-15",
    ),
    Grabber(
        country="es", language="es", encoding="iso-8859-15", ages=_ICAA, film="Película",
        names=("Última Niña Larga Señal", "Montaña Playa Cañón Año"), series="Serie",
        genres="Bélico, Política, Erótico, Religión, Salud, Policíaco, "
               "Western, Comedia, Naturaleza, Cocina",
        numbers=("es", "es words", "cross", "ns"),
    ),
    Grabber(
        country="it", language="it", encoding="windows-1252", ages=_IT, film="Film", series="Serie",
        names=("Città Più Felicità Ultima", "Verità Sera Perché Onda"),
        genres="Guerra, Politica, Erotico, Religione, Salute, Poliziesco, "
               "Western, Commedia, Natura, Cucina",
        numbers=("it", "it counted", "S Ep", "ns spaced"),
    ),
    Grabber(
        country="pt-br", language="pt", encoding="utf-16", ages=_BR, film="Filme", series="Série",
        names=("Coração Última Manhã São", "Pão Irmã Estação Avó"), begins=b"\xff\xfe",
        genres="Guerra, Política, Erótico, Religião, Saúde, Policial, "
               "Faroeste, Comédia, Natureza, Culinária",
        numbers=("pt", "pt words", "ns", "SxxExx"),
    ),
    Grabber(
        country="nl", language="nl", encoding="iso-8859-1", ages=_NL, film="speelfilm",
        names=("Één Koude Laatste Hoge", "Zeeën Dijk Reünie Haven"), series="serie",
        genres="oorlog, politiek, erotiek, religie, gezondheid, misdaad, "
               "western, komedie, natuur, koken",
        numbers=("nl", "ns and screen", "common", "cross"), year="c. {year}",
    ),
    Grabber(
        country="pl", language="pl", encoding="iso-8859-2", ages=_PL, film="film fabularny",
        names=("Żółta Późna Cicha Święta", "Łąka Rzeka Góra Wieś"), series="serial",
        genres="wojenny, polityka, erotyczny, religia, zdrowie, kryminalny, "
               "western, komedia, przyroda, kulinarny",
        numbers=("pl", "ns", "S Ep", "SxxExx"), length=("hours", 0),
    ),
    Grabber(
        country="tr", language="tr", encoding="iso-8859-9", ages=_TR, film="Sinema", series="Dizi",
        names=("Güneş Işık Son Kırık", "Şehir Ada Çığlık Köprü"),
        genres="Savaş, Siyaset, Erotik, Din, Sağlık, Polisiye, Western, Komedi, Doğa, Yemek",
        numbers=("tr", "ns spaced", "cross", "apart"),
    ),
    Grabber(
        country="sv", language="sv", encoding="utf-8", ages=_SV, film="långfilm", series="tv-serie",
        names=("Sista Mörka Gröna Öde", "Ön Älven Gård Natt"),
        genres="krig, politik, erotik, religion, hälsa, kriminal, "
               "western, komedi, natur, matlagning",
        numbers=("sv", "ns and screen", "S Ep total", "SxxExx"),
    ),
)  # fmt: skip
