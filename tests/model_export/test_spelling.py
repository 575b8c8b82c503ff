from __future__ import annotations

import pytest

from model_export.spelling import folded


@pytest.mark.parametrize(
    ("written", "alike"),
    [
        ("  Komödie – FÜR  Alle", "komodie - fur alle"),
        ("True_Crime", "true crime"),
        ("DİNİ Film", "dini film"),
        ("Savaş, \u0131\u015f\u0131k", "savas, isik"),
        ("Wojna i miłość", "wojna i milosc"),
        ("Straße", "strasse"),
        ("Children’s", "children's"),
        ("\uff30\uff27\uff0d\uff11\uff13", "pg-13"),
    ],
)
def test_words_are_compared_without_case_accents_and_kinds_of_hyphens(
    written: str, alike: str
) -> None:
    assert folded(written) == alike
    assert folded(alike) == alike
