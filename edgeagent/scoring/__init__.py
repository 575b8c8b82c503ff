"""The only room that imports onnxruntime: the model session, the engine, the scoring child."""
