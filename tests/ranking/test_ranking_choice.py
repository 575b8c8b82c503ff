from __future__ import annotations

import numpy as np
import pytest

from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import Title, decode_catalogue, encode_catalogue
from edgeagent.ranking.candidates import CandidateIndex, Offer
from edgeagent.ranking.choice import Choice, Scored, choose

N, D = 30, 2
TITLES = tuple(Title(entity_id=f"t:{n:02}", title="T") for n in range(N))
CATALOGUE = CatalogueView.of(
    decode_catalogue(
        encode_catalogue(
            space_id="0" * 16,
            dimension=D,
            issued_at=0,
            titles=TITLES,
            rows=np.array([[n, 1] for n in range(N)], dtype=np.int8).T.tobytes(),
            scale=np.ones(N, dtype="<f4").tobytes(),
            bias=np.zeros(N, dtype="<f4").tobytes(),
        )
    )
)
INDEX = CandidateIndex.of(TITLES)
EVERYTHING = np.ones(N, dtype=np.bool_)


def _offer(new: list[int] | None = None, begun: tuple[int, ...] = ()) -> Offer:
    shown = EVERYTHING.copy()
    if new is not None:
        shown[:] = False
        shown[new] = True
    return Offer(
        new=shown,
        begun=np.array(begun, dtype=np.intp),
        progress=np.full(len(begun), 0.5, dtype=np.float32),
    )


def _choose(offer: Offer, *, known_by: int = 9, limit: int = 10, seed: int | None = None) -> Choice:
    user = np.array([1.0, 0.0], dtype=np.float32)
    scored = Scored(
        known_by=known_by,
        user=user,
        scores=CATALOGUE.scores(user),
        segment_probabilities=np.array([], dtype=np.float32),
    )
    return choose(
        offer,
        scored,
        CATALOGUE,
        INDEX,
        kind_of=lambda column: column % 3,
        limit=limit,
        exploration_seed=seed,
    )


def test_the_best_of_what_may_be_shown_is_shown() -> None:
    assert _choose(_offer([1, 5, 9]), limit=2).new.tolist() == [9, 5]


@pytest.mark.parametrize("known_by", [0, 9])
def test_where_nothing_may_be_shown_nothing_is(known_by: int) -> None:
    choice = _choose(_offer([]), known_by=known_by, seed=3)
    assert choice.new.tolist() == []
    assert choice.begun.tolist() == []


def test_of_somebody_unknown_the_best_of_each_kind_is_shown_first() -> None:
    assert _choose(_offer(), known_by=0, limit=6).new.tolist() == [29, 28, 27, 26, 25, 24]
    assert _choose(_offer([1, 4, 7, 3]), known_by=0).new.tolist() == [7, 3, 4, 1]


def test_each_list_has_its_own_limit() -> None:
    choice = _choose(_offer([1, 2, 3], begun=(9, 8, 7)), limit=2)
    assert choice.begun.tolist() == [9, 8]
    assert dict(choice.progress) == {9: 0.5, 8: 0.5}
    assert len(choice.new) == 2


def test_a_drawn_title_takes_the_tenth_place() -> None:
    plain, drawn = _choose(_offer()), _choose(_offer(), seed=5)
    assert drawn.new[:9].tolist() == plain.new[:9].tolist()
    assert set(drawn.drawn) == {int(drawn.new[9])}
    assert drawn.new[9] not in plain.new
    assert plain.drawn == frozenset()


def test_exactly_what_was_asked_for() -> None:
    choice = Choice.of(np.array([4, 2]))
    assert choice.new.tolist() == [4, 2]
    assert (len(choice.begun), dict(choice.progress), tuple(choice.drawn)) == (0, {}, ())
