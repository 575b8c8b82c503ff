"""QualityGate: does a new model predict this household's viewings as well as the present one?

Nothing of the comparison leaves the box, and nothing that leaves depends on it: reports use the
model that their task names, not the one that ranks titles here.
"""

from __future__ import annotations

from edgeagent.consent import Purpose
from edgeagent.errors import ModelError, StorageError
from edgeagent.messages import ModelFiles, TrialRequest, Viewing
from edgeagent.ranking.trial import clear_loss, hold_out
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.store import Home

__all__ = ["QualityGate"]


class QualityGate:
    """Compares two models on this box's viewings."""

    def __init__(self, home: Home, *, gate: ConsentGate, scorer: Scorer) -> None:
        """Use the viewings of profiles in ``home`` that grant ``personalization``."""
        self._home = home
        self._gate = gate
        self._scorer = scorer

    def objection(self, *, present: ModelFiles, new: ModelFiles) -> str | None:
        """Return why the new model should not replace the present one, or ``None``.

        Also ``None`` if they cannot be compared: nobody consents, too little was watched, or the
        present model does not run.
        """
        profiles = self._profiles()
        if not profiles:
            return None
        try:
            before = self._scorer.trial(TrialRequest(files=present, profiles=profiles))
        except ModelError:
            return None
        try:
            after = self._scorer.trial(TrialRequest(files=new, profiles=profiles))
        except ModelError as error:
            return f"it cannot predict what was watched here: {error}"
        return clear_loss(before.gains, after.gains)

    def _profiles(self) -> tuple[tuple[Viewing, ...], ...]:
        try:
            windows = [
                self._window(profile.name)
                for profile in self._home.history.profiles()
                if self._gate.holds(Purpose.PERSONALIZATION, profile=profile.name)
            ]
        except StorageError:
            return ()  # a damaged history must not stop updates
        return tuple(window for window in windows if hold_out(window) is not None)

    def _window(self, profile: str) -> tuple[Viewing, ...]:
        """Return the viewings that may carry weight for a profile."""
        marks = self._home.history.marks(profile)
        left_out = {*marks.hidden, *marks.not_reasons}
        return tuple(v for v in self._home.history.window(profile) if v.entity_id not in left_out)
