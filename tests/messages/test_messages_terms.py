from __future__ import annotations

import msgspec
import pytest

from edgeagent.consent import Purpose
from edgeagent.messages.codec import canonical_bytes, decode
from edgeagent.messages.terms import TermChange, Terms, changes

TERMS = Terms(
    meanings={"history": 1, "promotion": 2},
    mechanisms=("subset_selection",),
    odds="2",
    recipients=("counts.example",),
    retention_days=90,
    schemes=("segment",),
    spacing_weeks=26,
)
CONCERNED = {
    "retention_days": {Purpose.HISTORY},
    "odds": {Purpose.REPORTING},
    "spacing_weeks": {Purpose.REPORTING},
    "recipients": {Purpose.REPORTING},
    "mechanisms": {Purpose.REPORTING},
    "schemes": {Purpose.REPORTING},
}


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize(
    ("term", "value", "worse"),
    [
        ("retention_days", 91, True),
        ("retention_days", 89, False),
        ("odds", "3", True),
        ("odds", "3/2", False),
        ("spacing_weeks", 25, True),
        ("spacing_weeks", 27, False),
        ("recipients", ("others.example",), True),
        ("recipients", ("counts.example", "others.example"), True),
        ("recipients", (), False),
        ("mechanisms", ("subset_selection", "discrete_laplace"), True),
        ("mechanisms", (), False),
        ("schemes", ("segment", "group_daypart"), True),
        ("schemes", (), False),
    ],
)
def test_what_allows_more_is_worse_for_whom_it_concerns(
    purpose: Purpose, term: str, value: object, worse: bool
) -> None:
    found = changes(purpose, TERMS, msgspec.structs.replace(TERMS, **{term: value}))
    if purpose in CONCERNED[term]:
        ((name, is_worse),) = [(change.term, change.worse) for change in found]
        assert (name, is_worse) == (term, worse)
    else:
        assert found == ()


def test_a_meaning_concerns_its_purpose_alone_and_begins_at_one() -> None:
    later = msgspec.structs.replace(TERMS, meanings={"history": 2, "reporting": 1, "promotion": 1})
    assert [change.worse for change in changes(Purpose.HISTORY, TERMS, later)] == [True]
    assert [change.worse for change in changes(Purpose.PROMOTION, TERMS, later)] == [False]
    assert changes(Purpose.REPORTING, TERMS, later) == ()
    assert changes(Purpose.PERSONALIZATION, TERMS, later) == ()


def test_what_is_worse_comes_first_and_values_are_in_words() -> None:
    later = msgspec.structs.replace(
        TERMS, recipients=("b.example", "a.example"), odds="3", spacing_weeks=52
    )
    assert changes(Purpose.REPORTING, TERMS, later) == (
        TermChange(
            term="recipients", before="counts.example", now="a.example, b.example", worse=True
        ),
        TermChange(term="odds", before="2", now="3", worse=True),
        TermChange(term="spacing_weeks", before="26", now="52", worse=False),
    )


def test_the_order_of_names_and_the_spelling_of_a_fraction_change_nothing() -> None:
    two = msgspec.structs.replace(TERMS, recipients=("a", "b"), odds="4/2")
    other = msgspec.structs.replace(TERMS, recipients=("b", "a"))
    assert changes(Purpose.REPORTING, two, other) == ()


def test_terms_of_a_later_version_are_read() -> None:
    later = msgspec.to_builtins(TERMS) | {"moons": 3, "schemes": ["segment", "unheard_of"]}
    read = decode(canonical_bytes(later), Terms, cap_bytes=8192)
    assert read.schemes == ("segment", "unheard_of")
