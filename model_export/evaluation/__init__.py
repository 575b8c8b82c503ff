"""How well a scorer ranks what people watched next: splits, metrics, baselines."""
