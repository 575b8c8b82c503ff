"""List viewings: none past its retention, each with the date it has by then; and delete some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

from edgeagent.errors import InputError, StorageError
from edgeagent.messages import Viewing
from edgeagent.messages.fields import HISTORY_PAGE
from edgeagent.services.context import BoxContext
from edgeagent.services.household.dating import date_viewings
from edgeagent.services.household.forgetting import Forgetting
from edgeagent.store import ToldByApp, ViewingSpan
from edgeagent.store.rekey import Step

__all__ = ["ViewingHistory"]

_NEAR_SECONDS = 2
"""Two clocks that are read in whole seconds may differ by this much for the same moment."""


class ViewingHistory:
    """Lists the viewings of a profile, and deletes those of a span of time."""

    def __init__(self, box: BoxContext) -> None:
        """List viewings of the history of ``box``."""
        self._box = box
        self._forgetting = Forgetting(box)

    def count(self, profile: str) -> int:
        """Return how many viewings of a profile are kept."""
        return self._box.home.history.count(profile)

    def counts(self, profile: str, edges: Sequence[int]) -> tuple[int, ...]:
        """Return how many viewings began before the first edge, between edges, and from the last.

        Args:
            profile: whose viewings.
            edges: seconds UTC.

        Raises:
            InputError: they do not ascend.

        """
        if any(later <= earlier for earlier, later in pairwise(edges)):
            raise InputError(
                "the edges between which viewings are counted do not ascend",
                hint="let each be later than the one before",
            )
        return self._box.home.history.counts(profile, edges)

    def told(self, profile: str) -> tuple[ToldByApp, ...]:
        """Return what each app told of a profile, the one that told most first.

        It is counted from the viewings that are kept, so that it is deleted with them, and knows
        nothing of a private session.
        """
        return self._box.home.history.told(profile)

    def latest(self, profile: str, *, limit: int) -> tuple[Viewing, ...]:
        """Return the latest ``limit`` viewings of a profile, newest first."""
        return self._box.home.history.window(profile, limit=limit)[::-1]

    def newest_first(
        self, profile: str, *, before: Viewing | None = None, entity_id: str | None = None
    ) -> Iterator[Viewing]:
        """Return one page of a profile's viewings, newest first.

        Args:
            profile: whose viewings.
            before: the last viewing of the previous page; starts with the newest by default.
            entity_id: only viewings of this title.

        """
        history = self._box.home.history
        while page := history.page(profile, limit=HISTORY_PAGE, before=before, entity_id=entity_id):
            yield from page
            before = page[-1]

    def date_of(self, entity_id: str, *, profile: str, about: int) -> int | None:
        """Return the stored date of the viewing that began about a moment, seconds UTC.

        ``about`` itself where there is no such viewing; ``None`` while viewings wait for a date.
        """
        history = self._box.home.history
        if history.undated.exist():
            return None
        near = history.between(profile, about - _NEAR_SECONDS, about + _NEAR_SECONDS + 1)
        return next((one.watched_on for one in near if one.entity_id == entity_id), about)

    def forget(self, span: ViewingSpan, *, profile: str, step: Step = lambda _: None) -> int:
        """Delete a profile's viewings that began in ``span``, and return how many.

        This cannot be undone. Waiting reports are cancelled as by any deletion; see
        :meth:`Forgetting.span`, also for ``step`` and the errors.

        Raises:
            InputError: the span has no end while the clock is certainly behind, so that the last
                hour would reach to everything watched since the date it shows.

        """
        clock = self._box.clock
        if span.until is None and clock.is_behind() and span.since <= clock.now():
            raise InputError(
                "the clock of this box is behind, so what was watched last cannot be told apart "
                "from everything watched later; nothing was deleted",
                hint="wait until the box has the time, give 'until', or delete single viewings",
            )
        if span.until is None:  # during a private session readers date nothing
            with suppress(StorageError):  # on a full disk the rest is deleted all the same
                date_viewings(self._box.home.history, clock=clock, private=None)
        return self._forgetting.span(span, profile=profile, step=step)

    def finish(self) -> None:
        """Finish deletions of single viewings, spans or titles that were interrupted."""
        self._forgetting.finish()
