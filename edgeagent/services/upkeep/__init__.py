"""Upkeep of a box: doctor, export, import, erasure and keys."""
