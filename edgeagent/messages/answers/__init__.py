"""What ``EdgeAgent.*`` answers, in the letters of Firebolt's clients: camelCase, closed.

The API encodes these types, the dashboard and the command line decode them.
"""
