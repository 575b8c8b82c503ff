"""Which segments stay on the device, in every language a guide may be in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from edgeagent.messages import Title
from model_export.loaders import load_catalogue
from model_export.metadata import Metadata
from model_export.segments.naming import NamedSegment, name_segments
from model_export.segments.session_vectors import SessionRows
from model_export.topics.mapping import NO_MAPPING, GenreMapping, MappedWord

ONE_GUIDE = {
    "en": "War Politics Erotic Religion Health Crime Western Comedy",
    "de": "Kriegsfilm Politik Erotik Kirche Gesundheit Krimi Western Komödie",
    "fr": "Guerre Politique Érotique Église Santé Policier Western Comédie",
    "es": "Bélico Política Erótico Religión Salud Policíaco Western Comedia",
    "it": "Guerra Politica Erotico Religione Salute Poliziesco Western Commedia",
    "pt": "Guerra Política Erótico Religião Saúde Policial Faroeste Comédia",
    "nl": "Oorlog Politiek Erotiek Religie Gezondheid Misdaad Western Komedie",
    "pl": "Wojenny Polityka Erotyczny Religia Zdrowie Kryminalny Western Komedia",
    "sv": "Krig Politik Erotik Religion Hälsa Kriminal Western Komedi",
    "tr": "Savaş Siyaset Erotik Din Sağl\u0131k Polisiye Western Komedi",
    "dvb": "0x12 0x80 0x18 0x73 0x93 0x11 0x61 0x14",
}
STAY = [True] * 5 + [False] * 3
EACH = 4


def _named(
    titles: tuple[Title, ...],
    mapping: GenreMapping = NO_MAPPING,
    *,
    metadata: Mapping[str, Metadata] = MappingProxyType({}),
) -> list[NamedSegment]:
    """Make a segment of every ``EACH`` titles, each watched once."""
    sessions = [
        SessionRows(items=np.array([n]), completion=np.ones(1), age_days=np.zeros(1))
        for n in range(len(titles))
    ]
    assigned = np.arange(len(titles)) // EACH
    return list(
        name_segments(
            titles,
            sessions,
            assigned,
            count=len(titles) // EACH,
            metadata=metadata,
            mapping=mapping,
        )
    )


@pytest.mark.parametrize("language", ONE_GUIDE)
def test_a_guide_in_any_language_keeps_the_same_segments(tmp_path: Path, language: str) -> None:
    guide = tmp_path / "guide.xml"
    programmes = "".join(
        f"<programme><title>T{n}{word}</title><category>{word}</category></programme>"
        for word in ONE_GUIDE[language].split()
        for n in range(EACH)
    )
    guide.write_text(f"<tv>{programmes}</tv>", encoding="utf-8")
    named = _named(load_catalogue(guide).titles)
    assert [segment.label.sensitive for segment in named] == STAY
    assert [segment.unknown_share for segment in named] == [0.0] * len(named)


@pytest.mark.parametrize(("unknown", "stays"), [(0, False), (1, False), (2, True), (20, True)])
def test_a_tenth_of_unknown_topic_keeps_a_segment_on_the_device(
    unknown: int, *, stays: bool
) -> None:
    words = ["Zzyzx"] * unknown + ["Comedy"] * (20 - unknown)
    titles = tuple(
        Title(entity_id=str(n), title=f"T{n}", genres=(word,)) for n, word in enumerate(words)
    )
    sessions = [SessionRows(items=np.arange(20), completion=np.ones(20), age_days=np.zeros(20))]
    (named,) = name_segments(titles, sessions, np.zeros(1, dtype=int), count=1, metadata={})
    assert named.label.sensitive is stays
    assert named.unknown_share == pytest.approx(unknown / 20)


def test_a_mapping_lets_segments_be_reported_again() -> None:
    titles = tuple(Title(entity_id=str(n), title=f"T{n}", genres=("Zzyzx",)) for n in range(4))
    harmless = GenreMapping(words={"zzyzx": MappedWord(genres=("comedy",), topics=frozenset())})
    assert _named(titles)[0].label.sensitive
    (mapped,) = _named(titles, harmless)
    assert not mapped.label.sensitive
    assert mapped.label.genres == ("Comedy",)


def test_a_word_that_the_operator_lifts_keeps_no_segment_whether_genre_or_theme() -> None:
    lifting = GenreMapping(
        words={
            "krieg": MappedWord(
                genres=("action",), topics=frozenset(), lifted=frozenset({"violence"})
            )
        }
    )
    of_genre = tuple(Title(entity_id=str(n), title=f"T{n}", genres=("Krieg",)) for n in range(4))
    assert _named(of_genre)[0].label.sensitive
    assert not _named(of_genre, lifting)[0].label.sensitive
    of_keyword = tuple(Title(entity_id=str(n), title=f"T{n}", genres=("Action",)) for n in range(8))
    themes = {str(n): Metadata(keywords=("Krieg",)) for n in range(4)}
    assert _named(of_keyword, metadata=themes)[0].label.sensitive
    assert not _named(of_keyword, lifting, metadata=themes)[0].label.sensitive
