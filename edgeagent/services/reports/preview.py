"""Preview: a report on the last week, with noise that is never sent.

Fresh noise for each preview would reveal the true counts to a caller who asks often enough. So the
noise is a function of the week and of a secret that never leaves the ledger: every call, also after
a restart, shows the same draw, which is itself not stored. Stored are the secret and a digest of
the sessions under it, before anything is shown. If the viewings of that week or the task have
changed since, there is no second draw. Secret and digest together would let a reader test guesses
of what was watched, so every deletion removes them; it stays on record that the week was previewed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edgeagent.clock import iso_utc, week_of, week_start
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, NoModel, PolicyError
from edgeagent.messages import ReportTask, canonical_bytes
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.values import SegmentCounts
from edgeagent.randomness import RandomSource
from edgeagent.services.models.installation import category_labels
from edgeagent.services.reports.count_week import Sessions, WeekCounter

__all__ = ["Preview", "PreviewedReport", "Previewer"]

_KEY_BYTES = 32
_MATERIAL_BYTES = 2 * _KEY_BYTES
_NEXT = "the next preview is about the week that runs now"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedReport:
    """A previewed report: it has no id, and its noise is made for showing only."""

    week: int
    task: str
    counts: tuple[int, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A previewed report with the names of its categories."""

    preview: Literal[True] = True
    categories: tuple[str, ...]
    report: PreviewedReport


class Previewer:
    """Shows the owner of a home what a report would look like."""

    def __init__(
        self,
        counter: WeekCounter,
        *,
        random: RandomSource,
        caller: Callable[[], int] = os.geteuid,
    ) -> None:
        """Preview the counts of ``counter``.

        Args:
            counter: counts the sessions; only the owner of its home may ask.
            random: the operating system's; generates the secret, once.
            caller: user id of the caller.

        """
        self._counter = counter
        self._ledger = counter.box.home.ledger
        self._random = random
        self._caller = caller

    def preview(self) -> Preview:
        """Return the only preview of the week that ended last.

        Raises:
            PolicyError: the caller is not the owner; a report on that week was drawn; or its
                viewings have changed, or anything was deleted, since it was first shown.
            ConsentRequired: no profile kept its history throughout that week.
            NoModel: the task or its segmenter has not been downloaded.

        """
        self._require_owner()
        week = week_of(self._counter.box.clock.now()) - 1
        ledger = self._ledger
        self._counter.box.home.check()
        if any(disclosure.week == week for disclosure in ledger.disclosures()):
            raise PolicyError(
                f"the report on week {week} was drawn: a preview would be a second draw",
                hint="edgeagent disclosures list shows it as it leaves",
            )
        installation = self._counter.installations.load()
        task = installation.task
        if task is None:
            raise NoModel("no report task has been downloaded", hint="edgeagent model update")
        last_deletion = ledger.deletions.last()
        sessions = self._sessions(week, task)
        key = self._claim(week, canonical_bytes((task, sessions)), since=last_deletion)
        random = _KeyedSource(key, f"{week} {task.name}")
        counts = self._counter.count(sessions, task=task, random=random)
        if ledger.deletions.last() != last_deletion:
            raise _gone(week)
        labels = category_labels(installation, task=task.name, categories=task.categories)
        return Preview(
            categories=tuple(label.name for label in labels),
            report=_drawn(week, task, counts, random),
        )

    def _require_owner(self) -> None:
        directory = self._counter.box.home.directory
        owner = directory.stat().st_uid
        if self._caller() != owner:
            raise PolicyError(
                "a preview is for the owner of the box alone",
                hint=f"ask as the user with id {owner}, to whom {directory} belongs",
            )

    def _sessions(self, week: int, task: ReportTask) -> Sessions:
        profiles = self._counter.profiles(week, Purpose.HISTORY)
        if not profiles:
            raise ConsentRequired(
                f"no history was kept throughout the week from {iso_utc(week_start(week))[:10]}",
                hint="edgeagent consent grant history, and ask again in a week or two",
            )
        if not self._counter.installations.has_segmenter(task):
            raise NoModel(
                "the task's segmenter has not been downloaded", hint="edgeagent model update"
            )
        return self._counter.sessions(week, task=task, profiles=profiles)

    def _claim(self, week: int, counted: bytes, *, since: int) -> bytes:
        """Return the key of a week's only preview, if its digest matches these counts."""
        made = self._random.below(1 << 8 * _KEY_BYTES).to_bytes(_KEY_BYTES, "big")
        kept = self._ledger.deletions.claim_preview(
            week, made + _digest(made, counted), at=self._counter.box.clock.now(), since=since
        )
        if kept is None or len(kept) != _MATERIAL_BYTES:
            raise _gone(week)
        key = kept[:_KEY_BYTES]
        if not hmac.compare_digest(kept[_KEY_BYTES:], _digest(key, counted)):
            raise PolicyError(
                f"the viewings of week {week}, or the task, have changed since it was previewed: "
                "a second draw about it would reveal them",
                hint=_NEXT,
            )
        return key


def _gone(week: int) -> PolicyError:
    return PolicyError(
        f"week {week} was previewed, or something was deleted meanwhile; what a preview is made of "
        "goes with every deletion",
        hint=_NEXT,
    )


def _digest(key: bytes, counted: bytes) -> bytes:
    return hmac.digest(key, counted, "sha256")


def _drawn(
    week: int, task: ReportTask, counts: SegmentCounts, random: RandomSource
) -> PreviewedReport:
    randomizer = randomizer_for(task)
    noisy = randomizer.privatize(randomizer.bound(counts, random), random)
    return PreviewedReport(
        week=week,
        task=task.name,
        counts=noisy.counts,
        note="Throw-away noise: this was not sent and never will be. A reader can conclude "
        "as much about that week as from a report. Asking again shows the same.",
    )


class _KeyedSource:
    """Integers from SHAKE-256 of a key and a counter; for previews, which are never released.

    Noise that leaves is drawn by the operating system instead, see ``edgeagent.randomness``.
    """

    def __init__(self, key: bytes, label: str) -> None:
        self._key = hmac.digest(key, label.encode(), "sha256")
        self._counter = 0

    def below(self, bound: int) -> int:
        bits = (bound - 1).bit_length()
        while True:
            block = hashlib.shake_256(self._key + self._counter.to_bytes(8, "big"))
            self._counter += 1
            value = int.from_bytes(block.digest((bits + 7) // 8), "big") >> -bits % 8
            if value < bound:
                return value
