"""Root mean square errors of mechanisms that others published, by their own packages.

Runs in an environment of its own, which ``bench_privacy --others`` makes: multi-freq-ldpy draws
k-RR, OUE and OLH, pure-ldp draws Hadamard response. The estimator is the unbiased one for all (the
packages' own cut off negative shares and normalise, which is biased). Reads a list of cases as JSON
from stdin, writes a list of errors as JSON to stdout. The packages' noise cannot be seeded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt
import xxhash
from multi_freq_ldpy.pure_frequency_oracles.GRR import GRR_Client
from multi_freq_ldpy.pure_frequency_oracles.LH import LH_Client
from multi_freq_ldpy.pure_frequency_oracles.UE import UE_Client
from pure_ldp.frequency_oracles.hadamard_response import (
    HadamardResponseClient,
    HadamardResponseServer,
)

Shares = npt.NDArray[np.float64]


def main() -> None:
    """Answer every case."""
    answers = []
    for case in json.load(sys.stdin):
        size, epsilon = case["categories"], log(case["odds"])
        sys.stderr.write(f"published mechanisms: {size} categories, e^epsilon {case['odds']}\n")
        rounds = case["rounds"]
        answers.append(
            {
                name: _error(draw, size, epsilon, boxes=case["boxes"], rounds=rounds)
                for name, draw in MECHANISMS.items()
            }
        )
    json.dump(answers, sys.stdout)


def _error(
    draw: Callable[[list[int], int, float], Shares],
    size: int,
    epsilon: float,
    *,
    boxes: int,
    rounds: int,
) -> float:
    """Return the error of the shares of an even audience, each box a fresh draw from it."""
    random = np.random.default_rng(1)
    squares = [
        float(
            np.mean(
                (draw(random.integers(size, size=boxes).tolist(), size, epsilon) - 1 / size) ** 2
            )
        )
        for _ in range(rounds)
    ]
    return sqrt(sum(squares) / rounds)


def _unbiased(counts: Shares, boxes: int, p: float, q: float) -> Shares:
    return (counts / boxes - q) / (p - q)


def k_rr(truth: list[int], size: int, epsilon: float) -> Shares:
    """Randomised response: the category itself, or another."""
    p = exp(epsilon) / (exp(epsilon) + size - 1)
    drawn = [int(GRR_Client(category, size, epsilon)) for category in truth]
    counts = np.bincount(drawn, minlength=size).astype(np.float64)
    return _unbiased(counts, len(truth), p, (1 - p) / (size - 1))


def oue(truth: list[int], size: int, epsilon: float) -> Shares:
    """Optimized unary encoding: a bit a category, each flipped on its own."""
    counts = np.zeros(size)
    for category in truth:
        counts += UE_Client(category, size, epsilon)
    return _unbiased(counts, len(truth), 0.5, 1 / (exp(epsilon) + 1))


def olh(truth: list[int], size: int, epsilon: float) -> Shares:
    """Optimized local hashing: randomised response on a hash of the category."""
    buckets = round(exp(epsilon)) + 1
    counts = np.zeros(size)
    for category in truth:
        value, seed = LH_Client(category, size, epsilon)
        for other in range(size):
            counts[other] += xxhash.xxh32(str(other), seed=seed).intdigest() % buckets == value
    p = exp(epsilon) / (exp(epsilon) + buckets - 1)
    return _unbiased(counts, len(truth), p, 1 / buckets)


def hadamard(truth: list[int], size: int, epsilon: float) -> Shares:
    """Hadamard response."""
    server = HadamardResponseServer(epsilon, size, index_mapper=lambda category: category)
    client = HadamardResponseClient(
        epsilon, size, server.get_hash_funcs(), index_mapper=lambda category: category
    )
    for category in truth:
        server.aggregate(client.privatise(category))
    return np.array(
        [server.estimate(category, suppress_warnings=True) for category in range(size)]
    ) / len(truth)


MECHANISMS: dict[str, Callable[[list[int], int, float], Shares]] = {
    "k-RR": k_rr,
    "OUE": oue,
    "OLH": olh,
    "Hadamard response": hadamard,
}

if __name__ == "__main__":
    main()
