"""The audience's mix of segments as counts tell it: what every plan is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeagent.errors import InputError, PolicyError
from edgeagent.messages import ModelManifest, ReportTask, SegmentLabel
from edgeagent.privacy.combinations import Combination, combine
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.subset_selection import SubsetSelection
from server_stub.aggregation.aggregator import Aggregator
from server_stub.aggregation.publication import (
    MIN_PUBLISHABLE_REPORTS,
    AudienceEstimate,
    estimate_audience,
)

__all__ = ["SessionMix", "session_mix"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMix:
    """Shares of the answers of reporting boxes, with what is needed to add up."""

    task: ReportTask
    manifest: ModelManifest
    audience: AudienceEstimate
    shares: tuple[float, ...]
    """[S'] as estimated, "none" last; 0 for sensitive segments, which are in "none"."""
    mechanism: SubsetSelection

    def weighted(self, weights: Sequence[float]) -> Combination:
        """Return Σ w θ̂ over all categories but "none" with its 95 % interval.

        Where no session is counted, as in sensitive segments, there is only noise: no weight.
        """
        counted = [
            0.0 if number in self.task.empty_categories else weight
            for number, weight in enumerate(weights)
        ]
        return combine(
            self.mechanism,
            self.shares,
            (*counted, 0.0),
            reports=self.audience.reports,
            confidence=self.audience.confidence,
        )

    @property
    def labels(self) -> tuple[SegmentLabel, ...]:
        """[S] what the segments are."""
        return self.manifest.segments

    def segment(self, asked: str) -> int:
        """Return the segment that is asked for: by number, name, or a part of one name alone.

        Raises:
            InputError: there is none, several, or a sensitive one.

        """
        found = self._named(asked)
        if len(found) != 1:
            several = f"{len(found)} segments are called" if found else "no segment is called"
            names = "; ".join(f"{number} {self.labels[number].name}" for number in found[:5])
            raise InputError(
                f"{several} {asked!r}{f': {names}' if names else ''}",
                hint="name it by its number"
                if found
                else "'server-stub estimate --json' lists those that are counted, by number",
            )
        if found[0] in self.task.sensitive:
            raise InputError(
                f"segment {found[0]} is sensitive: boxes count its sessions as “none”",
                hint="plan for another one; nothing is known of it, whatever is asked",
            )
        return found[0]

    def of_topic(self, iab: str) -> tuple[int, ...]:
        """Return the segments with an IAB Content Taxonomy 3.1 id that are not sensitive.

        Raises:
            InputError: there is none.

        """
        found = tuple(
            number
            for number, label in enumerate(self.labels)
            if iab in label.iab and number not in self.task.sensitive
        )
        if not found:
            raise InputError(
                f"no segment that is counted has the IAB id {iab!r}",
                hint="'model-export segments' lists the ids of each",
            )
        return found

    def _named(self, asked: str) -> list[int]:
        if asked.isdecimal():
            return [int(asked)] if int(asked) < len(self.labels) else []
        wanted = asked.casefold()
        names = [label.name.casefold() for label in self.labels]
        whole = [number for number, name in enumerate(names) if name == wanted]
        parts = [number for number, name in enumerate(names) if wanted in name]
        # Nothing is planned for a sensitive one: its name is told only to those who gave it.
        counted = [number for number in parts if number not in self.task.sensitive]
        return whole or counted or parts[:1]


def session_mix(
    aggregator: Aggregator,
    task: ReportTask,
    manifest: ModelManifest | None,
    *,
    weeks: Sequence[int] = (),
) -> SessionMix:
    """Read the mix of segments from the reports on a task.

    Raises:
        InputError: there are no reports, or the model that the task names is not there.
        PolicyError: too few reports to plan with, or a mechanism that gives no shares.

    """
    mechanism = randomizer_for(task)
    if not isinstance(mechanism, SubsetSelection):
        raise PolicyError(
            f"{task.name} measures {task.mechanism}, which gives no shares",
            hint="plan from a task of subset_selection",
        )
    if manifest is None:
        raise InputError(
            f"the model that assigns the segments of {task.name} is not in the repository",
            hint="give the --repository it was published in",
        )
    audience = estimate_audience(aggregator, task, weeks=weeks, manifest=manifest)
    if not audience.says_anything:
        raise PolicyError(
            f"too few reports to plan with: {audience.reports:,} of {MIN_PUBLISHABLE_REPORTS:,}",
            hint="wait for more, or pool more weeks",
        )
    listed = {segment.category: segment.value for segment in audience.segments}
    return SessionMix(
        task=task,
        manifest=manifest,
        audience=audience,
        shares=tuple(listed.get(category, 0.0) for category in range(task.categories)),
        mechanism=mechanism,
    )
