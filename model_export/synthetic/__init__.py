"""A fictional panel made from a seed: what there is to watch, and households that watch it.

    lexicon     the words of the titles, genre by genre
    titles      draws distinct titles from it
    catalogue   films and series: genres, years, age ratings, run times
    world       what the catalogue is to its audience: popularity, hidden likeness, release dates
    credits     cast, keywords and descriptions, which hint at the likeness
    people      who lives in the households, what they like, how that drifts
    living      evenings, binges, dayparts: weeks of viewings
    panel       the three functions below

Nothing is read and nothing real is copied, so that everything works on a machine without data.
"""

from __future__ import annotations

from model_export.synthetic.panel import (
    PANEL_START,
    synthetic_catalogue,
    synthetic_households,
    synthetic_panel,
)

__all__ = ["PANEL_START", "synthetic_catalogue", "synthetic_households", "synthetic_panel"]
