"""That the attack on silence would see what it is there to see.

``python -m tests.audit --only silence`` attacks a real service, which needs a core for itself; with
``--full`` also one in which the old chain of chores is planted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.audit.silence import Turn, judged

GETS = ("GET /metadata/2.root.json", "GET /metadata/timestamp.json")


def turns(
    *, shift: float = 0.0, number: int = 4, jitter: float = 0.001, seed: int = 1
) -> list[Turn]:
    """Return turns that a server could have seen; watched ones are late by ``shift``."""
    rng = np.random.default_rng(seed)
    return [
        Turn(
            arm,
            tuple(
                (what, at + late + abs(float(rng.normal(0, jitter))))
                for what, at in zip((*GETS, "POST /v1/reports"), (3.0, 3.25, 4.0), strict=True)
            ),
        )
        for arm, late in (("empty", 0.0), ("watched", shift))
        for _ in range(number)
    ]


def test_moments_that_tell_nothing_pass_and_a_shift_as_small_as_stated_does_not() -> None:
    honest = judged(turns())
    assert honest.ok, honest.wrong
    for number in (3, 8):  # as in the quick and in the full form
        seen = 0
        for seed in range(200):
            (row,) = judged(turns(number=number, seed=seed)).figures["arms"]
            late = turns(number=number, shift=row["smallest_shift_seconds"], seed=1000 + seed)
            seen += not judged(late).ok
        assert seen > 180  # nine in ten, of another box than that on which it was stated


def test_honest_turns_rarely_look_like_a_fault() -> None:
    assert sum(not judged(turns(seed=seed)).ok for seed in range(500)) <= 5


def test_another_path_a_missing_report_and_a_second_one_are_seen() -> None:
    *others, last = turns()
    for requests in (
        (("GET /metadata/3.root.json", 3.0), *last.requests[1:]),
        last.requests[:-1],
        (*last.requests, ("POST /v1/reports", 4.5)),
        (),
    ):
        assert not judged([*others, replace(last, requests=requests)]).ok
