from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import ModelFiles, decode_catalogue
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.session import OnnxModel
from tests.scoring.toy_model import toy_catalogue, toy_files, toy_model


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    return toy_files(tmp_path)


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine(OnnxModel(toy_model()), CatalogueView.of(decode_catalogue(toy_catalogue())))
