"""The only room that imports onnxruntime: the model session, the engine, the scoring child."""

from __future__ import annotations

import os

__all__: list[str] = []

# The wheels of ONNX Runtime give the machine an identifier and report to their maker, unless told
# not to before they are loaded. From here nothing leaves but our own reports.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
