"""The engine over the exported graph of head A: what a box really runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import Window, history_window
from edgeagent.messages import (
    ModelFiles,
    PackedViewings,
    RankRequest,
    Title,
    Viewing,
    decode_catalogue,
    encode_catalogue,
)
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.session import OnnxModel
from model_export.heads.foldin_graph import build_foldin_graph
from model_export.heads.foldin_reference import FoldinParameters, foldin_reference

D, N, S = 8, 17_000, 8  # more titles than fit one run of the model
NOW = 1_780_000_000
SPACE = "0123456789abcdef"
FILES = ModelFiles(
    model_path="m", model_sha256="0" * 64, catalogue_path="c", catalogue_sha256="0" * 64
)


def _catalogue() -> CatalogueView:
    rng = np.random.default_rng(5)
    return CatalogueView.of(
        decode_catalogue(
            encode_catalogue(
                space_id=SPACE,
                dimension=D,
                issued_at=NOW,
                titles=tuple(Title(entity_id=f"t:{n}", title=f"T{n}") for n in range(N)),
                rows=rng.integers(-127, 128, (D, N), dtype=np.int8).tobytes(),
                scale=rng.uniform(0.0005, 0.005, N).astype("<f4").tobytes(),
                bias=rng.uniform(0, 0.05, N).astype("<f4").tobytes(),
            )
        )
    )


CATALOGUE = _catalogue()


def _parameters() -> FoldinParameters:
    embeddings = CATALOGUE.embeddings(np.arange(N)).astype(np.float64)
    centroids = np.random.default_rng(6).normal(size=(S, D))
    return FoldinParameters(
        gram=embeddings.T @ embeddings,
        regularization=5.0,
        alpha=20.0,
        decay_days=90.0,
        floor=0.2,
        centroids=centroids / np.linalg.norm(centroids, axis=1, keepdims=True),
        temperature=0.1,
        space_id=SPACE,
        model_version="1",
    )


PARAMETERS = _parameters()
ENGINE = Engine(OnnxModel(build_foldin_graph(PARAMETERS)), CATALOGUE)
histories = st.lists(
    st.builds(
        Viewing,
        entity_id=st.integers(0, N - 1).map("t:{}".format),
        watched_on=st.integers(NOW - 10**7, NOW + 10**5),
        progress_fraction=st.floats(0, 1),
    ),
    max_size=40,
).map(tuple)


def _reference(window: Window) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    return foldin_reference(
        PARAMETERS,
        {
            "history_embeddings": window.history_embeddings,
            "history_weights": window.history_weights,
            "history_age_days": window.history_age_days,
            "candidate_embeddings": CATALOGUE.rows,
            "candidate_scale": CATALOGUE.scale,
            "candidate_bias": CATALOGUE.bias,
            "explain_embeddings": CATALOGUE.embeddings(np.arange(3)),
        },
    )


@given(history=histories)
@settings(max_examples=25)
def test_scores_and_segments_are_those_of_the_reference(history: tuple[Viewing, ...]) -> None:
    window = history_window(history, CATALOGUE, now=NOW)
    expected = _reference(window)
    scores = ENGINE.scores(history, now=NOW)
    assert np.abs(scores - expected["scores"]).max() <= 1e-4 * np.ptp(expected["scores"])
    assert ENGINE.segment_probabilities(window) == pytest.approx(
        expected["segment_probabilities"], abs=1e-4
    )


@given(history=histories)
@settings(max_examples=25)
def test_parts_add_up_to_the_score_of_the_graph(history: tuple[Viewing, ...]) -> None:
    answer = ENGINE.rank(RankRequest(files=FILES, now=NOW, history=PackedViewings.of(history)))
    assert len(answer.picks) == 10
    for pick in answer.picks:
        total = sum(reason.contribution for reason in pick.reasons)
        assert abs(total - pick.score) <= 1e-4 * answer.score_spread


@given(history=histories, left_out=st.integers(0, N - 1).map("t:{}".format))
@settings(max_examples=15)
def test_leaving_the_input_is_all_that_leaving_out_does_to_scores(
    history: tuple[Viewing, ...], left_out: str
) -> None:
    watched = Viewing(entity_id=left_out, watched_on=NOW, completed=True)
    without = tuple(v for v in history if v.entity_id != left_out)
    with_it = RankRequest(
        files=FILES,
        now=NOW,
        history=PackedViewings.of((*history, watched)),
        not_reasons=(left_out,),
        explain="t:0",
    )
    assert ENGINE.rank(with_it) == ENGINE.rank(
        RankRequest(files=FILES, now=NOW, history=PackedViewings.of(without), explain="t:0")
    )


def test_a_full_window_adds_up_too() -> None:
    history = tuple(
        Viewing(entity_id=f"t:{n * 7 % N}", watched_on=NOW - 3600 * n, completed=True)
        for n in range(500)
    )
    answer = ENGINE.rank(RankRequest(files=FILES, now=NOW, history=PackedViewings.of(history)))
    for pick in answer.picks:
        total = sum(reason.contribution for reason in pick.reasons)
        assert abs(total - pick.score) <= 1e-4 * answer.score_spread
