"""Seeded households and fleets living through the whole loop on this machine."""
