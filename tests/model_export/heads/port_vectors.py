"""What vectors for ports hold, whichever the head: inputs, and what its formula gives for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.model_export.heads.foldin_cases import Arrays

__all__ = ["DIMENSION", "small_cases", "vectors_of"]

DIMENSION = 6


def small_cases(inputs: Callable[..., Arrays]) -> dict[str, Arrays]:
    """Return inputs by what is special about them.

    Args:
        inputs: draws some from a seed, for a number of dimensions, viewings (history), candidates
            and explained titles.

    """
    long = inputs(13, dimension=DIMENSION, history=20, candidates=7, explained=3)
    long["history_weights"][4] = 0.0
    long["history_embeddings"][6] = long["history_embeddings"][5]
    long["candidate_embeddings"][:, 2] = 0
    padding = inputs(14, dimension=DIMENSION, history=2, candidates=3, explained=1)
    padding["history_weights"][:] = 0.0
    return {
        "no history": inputs(11, dimension=DIMENSION, history=0, candidates=5, explained=2),
        "one viewing": inputs(12, dimension=DIMENSION, history=1, candidates=5, explained=2),
        "a zero weight, a title twice, a zero row": long,
        "only padding": padding,
        "nothing to rank": inputs(15, dimension=DIMENSION, history=3, candidates=0, explained=0),
    }


def vectors_of(
    head: str,
    parameters: Mapping[str, object],
    inputs: Callable[..., Arrays],
    reference: Callable[[Arrays], Arrays],
) -> dict[str, object]:
    """Return what the JSON file of a head holds; ``reference`` is its formula in float64."""
    cases = [
        {
            "name": name,
            "inputs": {key: value.tolist() for key, value in given.items()},
            "outputs": {key: value.tolist() for key, value in reference(given).items()},
        }
        for name, given in small_cases(inputs).items()
    ]
    return {"contract": 1, "head": head, "rtol": 1e-4, "parameters": parameters, "cases": cases}
