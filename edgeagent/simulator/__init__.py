"""Simulations of households and fleets through the whole loop on this machine, from a seed."""
