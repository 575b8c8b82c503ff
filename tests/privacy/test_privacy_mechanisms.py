"""What every mechanism that a task may name has to have, beside what its own tests say."""

from __future__ import annotations

from math import log
from pathlib import Path
from typing import get_args

import pytest

from edgeagent.messages import Report, ReportTask, Segmenter, decode_report, encode_report
from edgeagent.messages.fields import MechanismName
from edgeagent.messages.manifest import TargetReference
from edgeagent.privacy.inference import evidence
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.values import SegmentCounts
from edgeagent.testing.randomness import SeededRandomSource
from tests.audit.loss import TASKS

VECTORS = Path(__file__).parents[1] / "vectors"
FILE = TargetReference(path="models/a.onnx", sha256="0" * 64, length_bytes=1)

each_mechanism = pytest.mark.parametrize("mechanism", get_args(MechanismName))


@each_mechanism
def test_its_reports_are_encoded_and_understood(mechanism: MechanismName) -> None:
    task = ReportTask(
        mechanism=mechanism,
        categories=9,
        odds_numerator=3,
        odds_denominator=1,
        epoch=224,
        first_week=0,
        segmenter=Segmenter(space_id="0" * 16, model=FILE, catalogue=FILE),
    )
    randomizer, random = randomizer_for(task), SeededRandomSource("mechanisms")
    week = SegmentCounts.of((1,) * 9, categories=9)
    noisy = randomizer.privatize(randomizer.bound(week, random), random)
    report = Report(report_id="0" * 32, task=task.name, week=2960, counts=noisy.counts)
    assert decode_report(encode_report(report)) == report
    assert randomizer.is_possible(report.counts)
    told = evidence(report)
    assert max(told) - min(told) <= log(task.odds) + 1e-9


@each_mechanism
def test_a_port_finds_its_draws_and_the_audit_tries_it(mechanism: MechanismName) -> None:
    assert (VECTORS / f"sampler_{mechanism}.json").exists()
    assert mechanism in {task.mechanism for task in TASKS}
