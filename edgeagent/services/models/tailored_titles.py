"""Which titles have artwork variants on this box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeagent.lazy_modules import on_use
from edgeagent.services.models.creative_files import creative_files
from edgeagent.store import Home
from edgeagent.store.home_files import MODELS_DIRECTORY

if not TYPE_CHECKING:  # read by linters, which follow both ways, as imports; see the function
    creatives = on_use("edgeagent.services.models.creatives")
else:
    from edgeagent.services.models import creatives

__all__ = ["tailored_titles"]


def tailored_titles(home: Home) -> tuple[str, ...]:
    """Return the ids of titles with variants.

    On a box without creatives nothing more is loaded, which keeps the idle service small.
    """
    models = home.directory / MODELS_DIRECTORY
    if not creative_files(models):
        return ()
    library = creatives.CreativeLibrary(creatives.CreativesStore(home.ledger), models)
    catalogue = library.catalogue()
    every = () if catalogue is None else catalogue.creatives
    named = (each.entity_id for each in every if each.kind in {"artwork", "trailer"})
    return tuple(dict.fromkeys(entity_id for entity_id in named if entity_id is not None))
