"""Viewings and catalogues from files, their form told by what is in them.

tables     rows of CSV and Parquet, with the place of each
fields     single values: years, moments, numbers
builder      entries of any catalogue, as titles and metadata
xmltv      guides
jsonld     schema.org documents
viewings   a log of viewings as a table
sources    the functions below
"""

from __future__ import annotations

from model_export.loaders.catalogue_builder import LoadedCatalogue
from model_export.loaders.sources import load_catalogue, load_log

__all__ = ["LoadedCatalogue", "load_catalogue", "load_log"]
