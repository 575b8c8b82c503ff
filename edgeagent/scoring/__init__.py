"""The only package that imports onnxruntime: model session, engine and scoring child.

From 1.29 on, the official builds of ONNX Runtime for Linux send telemetry to their maker (names and
hashes of models, a persistent id of the machine) unless this variable is set before they are
loaded. It is set here, before any module of this package can load them.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
