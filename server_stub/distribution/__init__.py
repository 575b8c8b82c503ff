"""The signed repository that boxes download from: keys, publications, rollout, stops, the list."""
