"""Viewings and catalogues from files, their form told by what is in them.

tables     rows of CSV and Parquet, with the place of each
fields     single values: ages, years, moments
shelf      entries of any catalogue, as titles and metadata
xmltv      guides
jsonld     schema.org documents
viewings   a log of viewings as a table
sources    the functions below
"""

from __future__ import annotations

from model_export.loaders.shelf import Catalogue
from model_export.loaders.sources import load_catalogue, load_log

__all__ = ["Catalogue", "load_catalogue", "load_log"]
