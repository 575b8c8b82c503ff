"""Why a mix holds a segment: parts that are measured, of titles that may be named."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from edgeagent.features.window import Window
from edgeagent.messages import Picks, RankRequest, Title, Viewing
from edgeagent.scoring.causes import TRIED_TITLES, segment_causes
from edgeagent.scoring.engine import Engine
from tests.scoring.test_scoring_engine import IDS, _watched
from tests.scoring.test_scoring_engine import _request as _plain_request


def _request(history: tuple[Viewing, ...] = (), **fields: Any) -> RankRequest:
    return msgspec.structs.replace(_plain_request(history, **fields), why_segments=True)


def causes_of(picks: Picks) -> dict[int, dict[str, float]]:
    return {
        cause.segment: {reason.entity_id or "": reason.contribution for reason in cause.reasons}
        for cause in picks.segment_causes
    }


def mix(engine: Engine, history: tuple[Viewing, ...]) -> NDArray[np.float64]:
    return np.array(engine.rank(_request(history)).segment_probabilities)


def test_a_cause_is_what_the_segment_would_lack_without_the_title(engine: Engine) -> None:
    history = _watched(IDS[0], IDS[1], IDS[2])
    picks = engine.rank(_request(history))
    whole = np.array(picks.segment_probabilities)
    for segment, causes in causes_of(picks).items():
        for entity, lost in causes.items():
            without = tuple(v for v in history if v.entity_id != entity)
            assert lost == pytest.approx(whole[segment] - mix(engine, without)[segment], abs=1e-6)
            assert lost > 0


def test_segments_come_by_size_and_shares_are_fractions(engine: Engine) -> None:
    picks = engine.rank(_request(_watched(*IDS[:3])))
    sizes = [picks.segment_probabilities[cause.segment] for cause in picks.segment_causes]
    assert sizes == sorted(sizes, reverse=True)
    for cause in picks.segment_causes:
        assert sum(reason.share_fraction for reason in cause.reasons) <= 1 + 1e-9


def test_hidden_titles_and_those_that_are_no_reasons_are_never_named(engine: Engine) -> None:
    history = _watched(*IDS[:4])
    picks = engine.rank(_request(history, hidden=(IDS[0],), not_reasons=(IDS[1],)))
    named = {entity for causes in causes_of(picks).values() for entity in causes}
    assert named
    assert not named & {IDS[0], IDS[1]}


def test_without_viewings_or_the_question_there_are_no_causes(engine: Engine) -> None:
    assert engine.rank(_request()).segment_causes == ()
    history = _watched(*IDS[:3])
    assert engine.rank(_plain_request(history)).segment_causes == ()


def test_a_long_history_costs_a_bounded_number_of_runs() -> None:
    columns = np.repeat(np.arange(40, dtype=np.intp), 3)
    ones = np.ones(len(columns), dtype=np.float32)
    window = Window(
        columns=columns,
        history_embeddings=ones[:, np.newaxis],
        history_weights=ones,
        history_age_days=ones,
    )
    lengths: list[int] = []

    def mix_of(part: Window) -> NDArray[np.float32]:
        lengths.append(len(part))
        return np.full(9, 0.0, dtype=np.float32)

    causes = segment_causes(
        window,
        np.linspace(1, 2, 9, dtype=np.float32),
        tried=np.arange(TRIED_TITLES, dtype=np.intp),
        titles=[Title(entity_id=f"t:{n}", title="T") for n in range(40)],
        mix_of=mix_of,
    )
    assert lengths == [len(columns) - 3] * TRIED_TITLES
    assert [cause.segment for cause in causes] == [8, 7, 6, 5, 4, 3, 2]
    assert [len(cause.reasons) for cause in causes] == [3] * 7
