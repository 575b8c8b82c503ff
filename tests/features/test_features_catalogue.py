from __future__ import annotations

import numpy as np
import pytest

from edgeagent.errors import ModelRefused
from edgeagent.features.catalogue import TYPICAL_RUN_MINUTES, CatalogueView
from edgeagent.messages import Title, decode_catalogue, encode_catalogue

ROWS = np.array([[1, -2, 127], [4, 5, -128]], dtype=np.int8)


def _catalogue(
    scale: tuple[float, ...] = (0.5, 0.25, 1.0), bias: tuple[float, ...] = (0.0, -1.5, 3.0)
) -> CatalogueView:
    data = encode_catalogue(
        space_id="0" * 16,
        dimension=2,
        issued_at=7,
        titles=tuple(Title(entity_id=f"t:{n}", title=f"T{n}") for n in range(3)),
        rows=ROWS.tobytes(),
        scale=np.array(scale, dtype="<f4").tobytes(),
        bias=np.array(bias, dtype="<f4").tobytes(),
    )
    return CatalogueView.of(decode_catalogue(data))


def test_columns_are_titles_in_order() -> None:
    view = _catalogue()
    assert view.space_id == "0" * 16
    assert view.issued_at == 7
    assert dict(view.index) == {"t:0": 0, "t:1": 1, "t:2": 2}
    assert (view.rows == ROWS).all()
    assert view.scale.tolist() == [0.5, 0.25, 1.0]
    assert view.bias.tolist() == [0.0, -1.5, 3.0]


def test_each_title_lies_in_one_piece_and_the_bytes_of_the_file_can_go() -> None:
    view = _catalogue()
    assert view.dimension == 2
    assert view.vectors.flags.owndata
    assert view.vectors.flags.c_contiguous
    assert view.scale.flags.owndata
    assert view.bias.flags.owndata


def test_a_run_time_the_catalogue_does_not_give_is_a_typical_one() -> None:
    assert _catalogue().run_seconds.tolist() == [60.0 * TYPICAL_RUN_MINUTES] * 3


def test_a_score_is_the_product_with_the_user_and_the_bias() -> None:
    scores = _catalogue().scores(np.array([2.0, -1.0], dtype=np.float32))
    assert scores.dtype == np.float32
    assert scores.tolist() == [0.5 * (2 - 4), 0.25 * (-4 - 5) - 1.5, 254 + 128 + 3.0]


def test_embeddings_are_row_times_scale() -> None:
    embeddings = _catalogue().embeddings(np.array([2, 1, 1]))
    assert embeddings.dtype == np.float32
    assert embeddings.tolist() == [[127.0, -128.0], [-0.5, 1.25], [-0.5, 1.25]]


def test_no_column_gives_no_embedding() -> None:
    assert _catalogue().embeddings(np.array([], dtype=np.intp)).shape == (0, 2)


@pytest.mark.parametrize("scale", [0.0, -0.5, float("nan"), float("inf")])
def test_a_scale_that_is_not_positive_is_refused(scale: float) -> None:
    with pytest.raises(ModelRefused, match="scale is not a positive number") as refused:
        _catalogue(scale=(1.0, scale, 1.0))
    assert refused.value.hint


@pytest.mark.parametrize("bias", [float("nan"), float("-inf")])
def test_a_bias_that_is_no_number_is_refused(bias: float) -> None:
    with pytest.raises(ModelRefused, match="bias is not a number"):
        _catalogue(bias=(0.0, bias, 0.0))
