"""A small server: serves the signed repository, accepts reports, estimates shares."""
