"""Answers of ``EdgeAgent.*``: camelCase, as Firebolt's clients write names; closed.

The API encodes these types, the dashboard and the command line decode them.
"""
