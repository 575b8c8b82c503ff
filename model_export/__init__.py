"""From a log of viewings to a signed repository: load, train, evaluate, export, publish."""
