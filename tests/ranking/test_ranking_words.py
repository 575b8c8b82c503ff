from __future__ import annotations

from collections.abc import Sequence

import pytest

from edgeagent.messages import Pick, Reason
from edgeagent.ranking.words import words_for


def _reason(kind: str, contribution: float, title: str = "") -> Reason:
    return Reason(
        kind=kind,  # type: ignore[arg-type]  # the cases name only kinds there are
        entity_id=title or None,
        title=title,
        contribution=contribution,
        share_fraction=abs(contribution),
    )


def _pick(*reasons: Reason, progress: float | None = None, drawn: bool = False) -> Pick:
    return Pick(
        entity_id="t",
        title="T",
        kind="film",
        year=None,
        genres=(),
        score=1.0,
        reasons=reasons,
        progress_fraction=progress,
        drawn=drawn,
    )


ALPHA, BETA = _reason("watched", 0.5, "Alpha"), _reason("watched", 0.25, "Beta")
REST = _reason("rest", -0.25)


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ((ALPHA, BETA, REST), "Because you watched Alpha (50%), Beta (25%)"),
        (
            [
                _reason("watched", part / 10, name)
                for name, part in zip("ABCD", (4, 3, 2, 1), strict=True)
            ],
            "Because you watched A (40%), B (30%), C (20%)",
        ),
        ((_reason("watched", -0.75, "Gamma"), BETA), "Because you watched Beta (25%)"),
        ((_reason("popular", 0.75), BETA), "Because you watched Beta (25%)"),
        (
            (_reason("together", 0.5), _reason("new", 0.1)),
            "Because of what you have watched, taken together",
        ),
        ((_reason("rest", 0.5),), "Because of what you have watched, taken together"),
        ((_reason("new", 0.5),), "New"),
        ((_reason("popular", 0.5),), "Popular"),
        ((_reason("popular", -0.5),), "Popular"),
        ((), "Popular"),
    ],
)
def test_what_raised_a_title_is_said_in_words(reasons: Sequence[Reason], words: str) -> None:
    assert words_for(_pick(*reasons)) == words


def test_what_was_drawn_is_said_to_be_different() -> None:
    assert words_for(_pick(BETA, ALPHA, REST, drawn=True)) == (
        "Something different today: Because you watched Alpha (50%), Beta (25%)"
    )


def test_of_what_was_begun_it_is_said_how_far_it_went() -> None:
    assert words_for(_pick(ALPHA, progress=0.4)) == "You are 40% through"
