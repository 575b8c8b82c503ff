"""Which files of promos, ads and artwork are here; light enough for the idle service."""

from __future__ import annotations

from pathlib import Path

from edgeagent.messages.targets import CREATIVES_ROLE, CREATIVES_TARGET, target_file

__all__ = ["creative_files"]


def creative_files(models: Path) -> frozenset[str]:
    """Return the names of the files of creatives; that of their catalogue says its hash.

    The catalogue that was published last is not among them: it may be one that was refused.
    """
    last = target_file(models, CREATIVES_TARGET)
    found = last.parent.glob(f"{CREATIVES_ROLE}%2F*")
    return frozenset(path.name for path in found if path != last)
