"""The titles of the active catalogue, read once per catalogue."""

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
        """Look up in whichever catalogue is active."""
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
        """Return a function that finds titles in the present catalogue; for many look-ups.

        Raises:
            NoModel, ModelRefused: as for :meth:`find`.

        """
        return self._load().find

    def unknown(self, entity_ids: set[str]) -> set[str]:
        """Return the ids that the catalogue does not contain; none while there is no catalogue."""
        try:
            titles = self._load()
        except NoModel:
            return set()
        return {entity_id for entity_id in entity_ids if titles.find(entity_id) is None}

    def require(self, entity_ids: set[str]) -> None:
        """Raise if the catalogue does not contain an id.

        Without a catalogue yet, any well-formed id is accepted.

        Raises:
            UnknownEntity: names the first unknown id.
            MalformedMessage: not a well-formed id.

        """
        for entity_id in entity_ids:
            checked_text(
                entity_id, EntityId, name="id of a title", allowed="1 to 256 printable characters"
            )
        unknown = self.unknown(entity_ids)
        if unknown:
            raise UnknownEntity(
                f"entity {min(unknown)!r} is not in the catalogue; nothing was stored",
                hint="check the id, or update the catalogue: edgeagent model update",
            )

    def all(self) -> Iterator[Title]:
        """Yield the titles of the catalogue.

        Raises:
            NoModel, ModelRefused: as for :meth:`find`.

        """
        return iter(self._load())

    def search(self, text: str, *, max_age_rating: int) -> tuple[Title, ...]:
        """Return the titles in whose names all words of a text are, in any order.

        Case and accents do not count. Names that begin with the text come first. What is for older
        people than ``max_age_rating`` is left out.

        Raises:
            NoModel, ModelRefused: as for :meth:`find`.

        """
        wanted = _plain(text)
        words = wanted.split()
        named = (
            (_plain(title.title), title)
            for title in self._load()
            if title.age_rating <= max_age_rating
        )
        found = [(name, title) for name, title in named if all(word in name for word in words)]
        found.sort(key=lambda one: (not one[0].startswith(wanted), one[0], one[1].entity_id))
        return tuple(title for _, title in found)

    def release(self) -> None:
        """Free the titles' memory until the next look-up."""
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
                    f"{path.name} differs from the catalogue that was verified",
                    hint="it changed on disk; download it again: edgeagent model update",
                )
            self._titles = PackedTitles(data)
            self._sha256 = reference.sha256
        return self._titles


def _plain(text: str) -> str:
    """Return a text without case and accents."""
    import unicodedata  # noqa: PLC0415  (a service that nobody searches has no use for its tables)

    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
