"""From a trained model to a signed repository that boxes download from."""
