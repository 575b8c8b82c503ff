"""A small invented panel, a model trained on it, and where MovieLens may lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeagent.messages.artefacts import Artefacts
from model_export.heads.foldin_reference import FoldinParameters
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from model_export.synthetic import synthetic_panel
from model_export.train import train
from tests.model_export.heads.foldin_cases import foldin_parameters

NOW = 1_780_000_000


@pytest.fixture(scope="session")
def panel() -> WatchLog:
    return synthetic_panel(5, households=150, weeks=26, titles=250)


@pytest.fixture(scope="session")
def model(panel: WatchLog) -> TrainedModel:
    # Made by each worker: what is pickled is encoded a little differently (msgspec leaves out
    # defaults that are the same object, and a string that was unpickled is not).
    return train(panel, seed=1, segments=16, dimension=16)


@pytest.fixture(scope="session")
def artefacts(model: TrainedModel, panel: WatchLog) -> Artefacts:
    return export(model, panel, now=NOW)


@pytest.fixture
def now() -> int:
    return NOW


@pytest.fixture(scope="session")
def movielens_small() -> Path:
    root = Path(__file__).parents[2]
    data = Path(os.environ.get("EDGEAGENT_DATA", root.parent / "shared" / "data"))
    directory = data / "ml-latest-small"
    if not directory.is_dir():
        pytest.skip(f"MovieLens small is not at {directory}; name its parent in EDGEAGENT_DATA")
    return directory


@pytest.fixture(scope="session")
def parameters() -> FoldinParameters:
    return foldin_parameters(dimension=12, segments=8)
