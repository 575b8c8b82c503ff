"""The files that this box uses, apart from its downloads.

The downloads hold what is published and no more, on every box alike. What a box still uses (its
active and previous model, say) lies in a directory of its own, under a second name of the same file
(a hard link). In one directory the older model would stay only where it is used, and where it is
published again only the other boxes would ask for it: the server would see who refused the newer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from edgeagent.messages import ModelManifest, ReportTask, TargetReference
from edgeagent.messages.targets import target_file
from edgeagent.store.durable import no_room, sync_directory

__all__ = ["drop_others", "files_of", "keep", "kept_file"]

_IN_USE = "in_use"


def kept_file(models: Path, path: str) -> Path:
    """Return where a target is kept while it is used."""
    return models / _IN_USE / target_file(models, path).name


def files_of(
    manifests: Iterable[ModelManifest | None], tasks: Iterable[ReportTask | None]
) -> Iterator[TargetReference]:
    """Yield the files that these models and report tasks need."""
    for manifest in manifests:
        if manifest is not None:
            yield from (manifest.model, manifest.catalogue, manifest.golden)
    for task in tasks:
        if task is not None:
            yield from (task.segmenter.model, task.segmenter.catalogue)


def keep(models: Path, references: Iterable[TargetReference]) -> None:
    """Keep these files, as far as they are among the downloads; survives a power cut.

    A file that was downloaded again, because it was damaged, takes the place of the damaged one.

    Raises:
        DiskFull: there is no room.

    """
    directory = models / _IN_USE
    with no_room(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for reference in references:
            source, kept = target_file(models, reference.path), kept_file(models, reference.path)
            if not source.is_file() or (kept.exists() and kept.samefile(source)):
                continue
            aside = kept.with_name(f"{kept.name}.new")
            aside.unlink(missing_ok=True)
            aside.hardlink_to(source)
            aside.replace(kept)
        sync_directory(directory)


def drop_others(models: Path, references: Iterable[TargetReference]) -> None:
    """Delete what is kept and not among these files."""
    wanted = {kept_file(models, reference.path) for reference in references}
    for path in (models / _IN_USE).iterdir():
        if path not in wanted:
            with suppress(OSError):  # the next update tries again
                path.unlink()
