"""Run a model's golden vectors: does it compute here what it computed where it was made?"""

from __future__ import annotations

import numpy as np

from edgeagent.scoring.session import OnnxModel

__all__ = ["check_golden"]


def check_golden(model: OnnxModel, data: bytes) -> None:
    from edgeagent.features.golden import decode_golden

    for case in decode_golden(data):
        pass
