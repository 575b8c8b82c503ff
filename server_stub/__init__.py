"""A small server: hands out the signed repository, takes reports, estimates shares."""
