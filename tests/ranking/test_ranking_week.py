"""Which titles make the list of a week, and what it is called."""

from __future__ import annotations

import msgspec

from edgeagent.messages import Pick, Picks, Reason, SegmentLabel
from edgeagent.messages.week_list import WeekTheme
from edgeagent.ranking.week import MOST_TITLES, choose_week

WATCHED = Reason(
    kind="watched", entity_id="t:1", title="Heat", contribution=1.0, share_fraction=1.0
)


def pick(number: int, *genres: str, kind: str = "film", reasons: tuple[Reason, ...]) -> Pick:
    return Pick(
        entity_id=f"t:{number}",
        title=f"Title {number}",
        kind=kind,  # type: ignore[arg-type]
        year=None,
        genres=genres,
        score=1.0,
        reasons=reasons,
    )


def label(*genres: str, sensitive: bool = False, kind: str | None = "films") -> SegmentLabel:
    return SegmentLabel(
        name="-",
        sensitive=sensitive,
        iab=(),
        kind=kind,  # type: ignore[arg-type]
        genres=genres,
        era=1990,
    )


CRIME = [pick(n, "Crime", "Drama", reasons=(WATCHED,)) for n in range(10, 20)]
COMEDY = [pick(n, "Comedy", kind="episode", reasons=(WATCHED,)) for n in range(20, 23)]
LABELS = (label("War", sensitive=True), label("Crime"), label("Comedy", kind="series"))
RANKING = Picks(picks=(*CRIME, *COMEDY), segment_probabilities=(0.6, 0.3, 0.1), score_spread=1.0)


def test_the_largest_segment_that_may_be_named_gives_the_theme() -> None:
    week = choose_week(RANKING, LABELS, but_segment=None)
    assert week is not None
    assert week.theme == WeekTheme(kind="films", genres=("Crime",))  # no era: not all have it
    assert [one.entity_id for one in week.picks] == [f"t:{n}" for n in range(10, 17)]
    assert [reason.title for reason in week.reasons] == ["Heat"]
    assert week.theme.english == "crime films"
    assert WeekTheme(kind="series", genres=("Drama", "Crime")).english == "crime drama series"


def test_another_week_has_another_theme_where_there_is_one() -> None:
    week = choose_week(RANKING, LABELS, but_segment=1)
    assert week is not None
    assert (week.segment, len(week.picks)) == (2, 3)
    alone = msgspec.structs.replace(RANKING, picks=tuple(CRIME))
    week = choose_week(alone, LABELS, but_segment=1)
    assert week is not None
    assert week.segment == 1


def test_without_a_common_theme_the_best_titles_are_listed() -> None:
    for labels in (
        (label("War"),) * 3,
        (label("Crime", kind=None), label(), label("Crime", sensitive=True)),
    ):
        week = choose_week(RANKING, labels, but_segment=None)
        assert week is not None
        assert (week.theme, week.segment) == (None, None)
        assert week.picks == RANKING.picks[:MOST_TITLES]


def test_there_is_no_list_without_a_reason() -> None:
    replace = msgspec.structs.replace
    no_reason = tuple(replace(one, reasons=()) for one in RANKING.picks)
    for ranking in (
        replace(RANKING, picks=no_reason),
        replace(RANKING, picks=()),
        replace(RANKING, ranked_by="popularity"),
        replace(RANKING, segment_probabilities=()),
    ):
        assert choose_week(ranking, LABELS, but_segment=None) is None
