"""Models of all heads compute on the target what they compute here."""

from __future__ import annotations

import io

import numpy as np

from edgeagent.features.golden import GOLDEN_RTOL
from edgeagent.scoring.session import OnnxModel
from edgeagent.simulator.plan import START
from model_export.publishing.artefacts import export
from model_export.train import train
from tests.hil.board import Board
from tests.hil.conftest import Figures
from tests.hil.onboard.golden import outputs_of
from tests.model_export.heads.every_head import with_every_head
from tests.publishing import Publisher


def test_golden_vectors_hold_and_match_this_machine(
    board: Board, publication: Publisher, figures: Figures
) -> None:
    found: dict[str, dict[str, object]] = {}
    figures["golden"] = found
    foldin = train(publication.log, seed=7, segments=16, dimension=32)
    for head, trained in with_every_head(foldin).items():
        artefacts = export(trained, trained, now=START)
        names = [f"{board.place}/{head}-{name}" for name in ("model", "vectors", "outputs.npz")]
        board.write(artefacts.model, names[0])
        board.write(artefacts.golden, names[1])
        said = board.onboard("golden", *names)
        theirs = np.load(io.BytesIO(board.read(names[2])))
        ours = outputs_of(OnnxModel(artefacts.model), artefacts.golden)
        assert said["outputs"] == len(ours)
        misses = {
            name: np.abs(theirs[name].astype(float) - ours[name]).max(initial=0.0)
            / max(np.abs(ours[name]).max(initial=0.0), 1e-30)
            for name in ours
        }
        assert set(theirs.files) == set(ours)
        assert max(misses.values()) <= GOLDEN_RTOL, (head, misses)
        found[head] = {
            "machine": said["machine"],
            "outputs": len(ours),
            "largest_relative_miss": float(max(misses.values())),
        }
