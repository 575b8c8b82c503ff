"""The terms that a decision was made under, and what has changed of them since.

Records of the notice's first version hold no terms, as its texts named none. They cover what was in
force when the terms were first written down, at the first start of a release that knows them, so
that nobody is asked again unless something gets worse from then on.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from edgeagent.consent import ConsentRecord
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.terms import TermChange, Terms, changes
from edgeagent.notices import FIRST_VERSION
from edgeagent.services.state_store import StateStore
from edgeagent.store import LedgerStore

__all__ = ["ConsentedTerms"]

_STATE_NAME = "first_notice_terms"
_CAP_BYTES = 8192


class _First(KeptMessage, frozen=True, kw_only=True):
    terms: Terms | None = None


class ConsentedTerms:
    """Compares decisions with the terms in force."""

    def __init__(self, ledger: LedgerStore, *, in_force: Terms) -> None:
        """Compare with the terms ``in_force``."""
        self._in_force = in_force
        self._first = StateStore(ledger, _STATE_NAME, _First, cap_bytes=_CAP_BYTES)

    def write_down(self) -> None:
        """Keep what is in force as what the first notice covers, unless that is kept already."""
        if self._first.load().terms is None:
            self._first.change(self._written)

    def changes(self, record: ConsentRecord) -> tuple[TermChange, ...] | None:
        """Return what has changed since a decision; ``None``: nobody knows what it was about."""
        terms = self.of(record)
        return None if terms is None else changes(record.purpose, terms, self._in_force)

    def of(self, record: ConsentRecord) -> Terms | None:
        """Return the terms that a decision was made under; ``None``: nobody knows them."""
        if record.terms is not UNSET:
            return record.terms
        if record.notice_version != FIRST_VERSION:
            return None
        return self._first.load().terms or self._of_first_notice()

    def _written(self, kept: _First) -> _First:
        if kept.terms is not None:
            return kept
        return _First(terms=self._of_first_notice())

    def _of_first_notice(self) -> Terms:
        return msgspec.structs.replace(
            self._in_force,
            **_FIRST_NOTICE,  # what was compiled in while it was shown
        )


_FIRST_NOTICE = {
    "meanings": {},
    "mechanisms": ("subset_selection", "discrete_laplace"),
    "odds": "3",
    "schemes": ("segment",),
    "spacing_weeks": 13,
}
