"""Which titles exist: the catalogue's public part, read once per catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edgeagent.errors import ModelRefused, NoModel, UnknownEntity
from edgeagent.messages import PackedTitles, Title, sha256_hex
from edgeagent.messages.catalogue import CATALOGUE_CAP_BYTES
from edgeagent.messages.codec import checked_text
from edgeagent.messages.fields import EntityId
from edgeagent.regular_file import read_regular
from edgeagent.services.models.installation import InstallationStore

__all__ = ["TitleIndex"]


class TitleIndex:
    """Looks titles up by entity id in the active catalogue."""

    def __init__(self, installations: InstallationStore) -> None:
        """Follow whatever catalogue is active."""
        self._installations = installations
        self._sha256 = ""
        self._titles: PackedTitles | None = None

    def find(self, entity_id: str) -> Title | None:
        """Return a title, or ``None`` when the catalogue does not hold it.

        Raises:
            NoModel: no catalogue has been downloaded.
            ModelRefused: the catalogue file has changed on disk.

        """
        return self._load().find(entity_id)

    def lookup(self) -> Callable[[str], Title | None]:
        """Return what finds titles in the catalogue that is active now: for many in one go.

        Raises:
            NoModel, ModelRefused: as for :meth:`find`.

        """
        return self._load().find

    def unknown(self, entity_ids: set[str]) -> set[str]:
        """Return those that the catalogue does not hold; none while there is no catalogue."""
        try:
            titles = self._load()
        except NoModel:
            return set()
        return {entity_id for entity_id in entity_ids if titles.find(entity_id) is None}

    def require(self, entity_ids: set[str]) -> None:
        """Refuse ids that the catalogue does not hold.

        A box that has no catalogue yet cannot tell, and accepts what may be an id at all.

        Raises:
            UnknownEntity: names the first of them.
            MalformedMessage: what is no id of any title.

        """
        for entity_id in entity_ids:
            checked_text(entity_id, EntityId, name="id of a title")
        unknown = self.unknown(entity_ids)
        if unknown:
            raise UnknownEntity(
                f"entity {min(unknown)!r} is not in the catalogue; nothing was stored",
                hint="check the id, or update the catalogue: edgeagent model update",
            )

    def all(self) -> Iterator[Title]:
        """Return the titles of the catalogue, one by one.

        Raises:
            NoModel, ModelRefused: as for :meth:`find`.

        """
        return iter(self._load())

    def release(self) -> None:
        """Forget the titles until one is asked for again."""
        self._titles, self._sha256 = None, ""

    def _load(self) -> PackedTitles:
        reference = self._installations.manifest().catalogue
        if self._titles is None or reference.sha256 != self._sha256:
            path = self._installations.path(reference)
            try:
                data = read_regular(path, cap_bytes=CATALOGUE_CAP_BYTES)
            except OSError as error:
                raise NoModel(
                    f"the catalogue cannot be read: {error.strerror}",
                    hint="download it again: edgeagent model update",
                ) from error
            if sha256_hex(data) != reference.sha256:
                raise ModelRefused(
                    f"{path.name} is not the catalogue that was verified",
                    hint="it changed on disk; download it again: edgeagent model update",
                )
            self._titles = PackedTitles(data)
            self._sha256 = reference.sha256
        return self._titles
