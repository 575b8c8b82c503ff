"""The only room that imports onnxruntime: the model session, the engine, the scoring child.

The official builds of ONNX Runtime for Linux report use to their maker from 1.29 on (names and
hashes of models, a persistent id of the machine), unless told not to before they are loaded. A box
tells nobody what it runs, so they are told here, before any module of this room can load them.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
