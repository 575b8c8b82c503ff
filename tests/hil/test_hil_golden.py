"""The model computes on the target what it computes here."""

from __future__ import annotations

import io

import numpy as np

from edgeagent.features.golden import GOLDEN_RTOL
from edgeagent.scoring.session import OnnxModel
from tests.hil.board import Board
from tests.hil.conftest import Figures
from tests.hil.onboard.golden import outputs_of
from tests.publishing import Publisher


def test_golden_vectors_hold_and_match_this_machine(
    board: Board, publication: Publisher, figures: Figures
) -> None:
    artefacts = publication.artefacts
    manifest, files = artefacts.manifest, artefacts.targets()
    model, golden = files[manifest.model.path], files[manifest.golden.path]
    names = [f"{board.place}/golden-{name}" for name in ("model", "vectors", "outputs.npz")]
    board.write(model, names[0])
    board.write(golden, names[1])
    said = board.onboard("golden", *names)
    theirs = np.load(io.BytesIO(board.read(names[2])))
    ours = outputs_of(OnnxModel(model), golden)
    assert said["outputs"] == len(ours)
    misses = {
        name: np.abs(theirs[name].astype(float) - ours[name]).max(initial=0.0)
        / max(np.abs(ours[name]).max(initial=0.0), 1e-30)
        for name in ours
    }
    assert set(theirs.files) == set(ours)
    assert max(misses.values()) <= GOLDEN_RTOL, misses
    figures["golden"] = {
        "machine": said["machine"],
        "outputs": len(ours),
        "largest_relative_miss": float(max(misses.values())),
    }
