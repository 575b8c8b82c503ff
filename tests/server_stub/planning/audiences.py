"""Counts of an audience whose shares are known, drawn by the mechanism from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from edgeagent.messages import ReportTask, SegmentLabel
from edgeagent.messages.portrait import PanelPortrait, SegmentPortrait, Standout
from edgeagent.privacy.batches import draw_reports, totals_of
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.subset_selection import SubsetSelection
from server_stub.aggregation.aggregator import Aggregator, WindowSums
from server_stub.planning.mix import SessionMix, session_mix
from tests.server_stub.loopback import make_manifest, make_task

TRUTH = (0.30, 0.20, 0.15, 0.10, 0.05, 0.05, 0.05, 0.0, 0.10)
"""Of eight segments and "none"; the last segment is sensitive."""
TASK = make_task(sensitive=(7,))
NAMES = (
    *("Comedies", "Romantic comedies", "Horror films", "Westerns"),
    *("Thrillers", "Series", "Musicals", "War films"),
)
MANIFEST = make_manifest(
    segments=tuple(
        SegmentLabel(name=name, sensitive=n == 7, iab=("335",) if "omed" in name else ())
        for n, name in enumerate(NAMES)
    )
)


@dataclass(frozen=True, kw_only=True)
class DrawnTotals(Aggregator):
    """An Aggregator of one week that is not closed."""

    sums: Totals

    def windows(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> tuple[WindowSums, ...]:
        del task, weeks
        return (WindowSums(week=2960, totals=self.sums),)


def drawn(seed: int, *, reports: int = 20_000, truth: Sequence[float] = TRUTH) -> DrawnTotals:
    generator = np.random.default_rng(seed)
    sessions = generator.choice(len(truth), reports, p=np.array(truth))
    mechanism = SubsetSelection(len(truth), Fraction(3))
    return DrawnTotals(sums=totals_of(draw_reports(mechanism, sessions, generator)))


def mix_of(seed: int, *, reports: int = 20_000, truth: Sequence[float] = TRUTH) -> SessionMix:
    return session_mix(drawn(seed, reports=reports, truth=truth), TASK, MANIFEST)


def portrait(**changes: object) -> PanelPortrait:
    """Half of what is watched in each segment is its own, the rest evenly of all others."""
    fields: dict[str, object] = {
        "space_id": TASK.segmenter.space_id,
        "watched_from": 1_700_000_000,
        "watched_until": 1_790_000_000,
        "people": 500,
        "sessions": 9000,
        "segments": tuple(
            SegmentPortrait(
                name=name,
                sensitive=n == 7,
                share=0.125,
                standard_error=0.01,
                cohesion=0.4,
                unknown_share=0.0,
                iab=(),
                genres=(Standout(value="Comedy", share=0.6, lift=2.0),),
                decades=(Standout(value="1990s", share=0.5, lift=1.5),),
                themes=(),
                titles=("A Film", "Another <b>"),
                homes=tuple(0.5 if home == n else 0.5 / 7 for home in range(8)),
            )
            for n, name in enumerate(NAMES)
        ),
    }
    return PanelPortrait(**(fields | changes))  # type: ignore[arg-type]
