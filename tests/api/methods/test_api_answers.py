"""What the API answers has every field of what the agent returns: a new one is not forgotten."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import msgspec
import pytest

from edgeagent.messages import Pick, Reason, SegmentCause
from edgeagent.messages.answers import assessment, consent, household, picks, reports, rights
from edgeagent.messages.codec import Shape
from edgeagent.privacy.declaration import DeclaredField, DeclaredHeader, DeclaredRequest
from edgeagent.services.household.consent_receipt import ConsentReceipt, ReceiptEntry
from edgeagent.services.household.retention import RetentionPeriod
from edgeagent.services.recommender import Ranking
from edgeagent.services.reports.assessment import Assessment, Belief, Budget, Conclusions
from edgeagent.services.reports.budget import Balance
from edgeagent.services.reports.preview import Preview, PreviewedReport
from edgeagent.services.reports.promises import Promise
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.services.upkeep.settings_risk import Deviation

TOLD = [
    (Assessment, assessment.AssessmentShape),
    (Balance, reports.BalanceShape),
    (Belief, assessment.BeliefShape),
    (Budget, assessment.BudgetShape),
    (Conclusions, assessment.ConclusionsShape),
    (ConsentReceipt, consent.ConsentReceiptShape),
    (DeclaredField, assessment.DeclaredFieldShape),
    (DeclaredHeader, assessment.DeclaredHeaderShape),
    (DeclaredRequest, assessment.DeclaredRequestShape),
    (Deviation, assessment.DeviationShape),
    (ErasureReceipt, rights.ReceiptOfErasure),
    (Pick, picks.PickShape),
    (Preview, reports.PreviewShape),
    (PreviewedReport, reports.PreviewedReportShape),
    (Promise, assessment.PromiseShape),
    (Ranking, picks.RankingShape),
    (Reason, picks.ReasonShape),
    (ReceiptEntry, consent.ReceiptEntryShape),
    (RetentionPeriod, household.RetentionPeriodShape),
    (SegmentCause, picks.SegmentCauseShape),
]


def names(kind: type[Any]) -> tuple[str, ...]:
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    return tuple(kind.__struct_fields__)


@pytest.mark.parametrize(("kind", "shape"), TOLD, ids=lambda kind: kind.__name__)
def test_nothing_is_left_out_of_an_answer(kind: type, shape: type[Shape]) -> None:
    assert names(shape) == names(kind)


def test_an_answer_is_closed_and_its_values_are_checked() -> None:
    period = RetentionPeriod(
        days=90, allowed_days=365, chosen_days=None, asked_days=90, lengthened=False
    )
    told = household.RetentionPeriodShape.of(period)
    sent = msgspec.json.encode(told)
    assert sent == (
        b'{"days":90,"allowedDays":365,"chosenDays":null,"askedDays":90,"lengthened":false}'
    )
    assert msgspec.json.decode(sent, type=household.RetentionPeriodShape) == told
    with pytest.raises(msgspec.ValidationError, match="unknown field `because`"):
        msgspec.json.decode(sent[:-1] + b',"because":1}', type=household.RetentionPeriodShape)
    with pytest.raises(msgspec.ValidationError, match=r"Expected `int`.*\$\.days"):
        household.RetentionPeriodShape.of(
            RetentionPeriod(
                days="90",  # type: ignore[arg-type]
                allowed_days=1,
                chosen_days=None,
                asked_days=1,
                lengthened=False,
            )
        )
