"""No gradients and no weights leave a box: what a report can hold has no room for them."""

from __future__ import annotations

import json
from fractions import Fraction
from math import comb, log2
from typing import get_args

import pytest

from edgeagent.errors import MalformedMessage
from edgeagent.messages import REPORT_BYTES, Report, decode_report, encode_report
from edgeagent.messages.fields import MechanismName
from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.messages.task import MAX_CATEGORIES, PERMITTED_CATEGORIES, PERMITTED_ODDS
from edgeagent.privacy.randomizers import randomizer_of
from edgeagent.privacy.subset_selection import SubsetSelection
from tests.server_stub.loopback import make_report


def body(**changes: object) -> bytes:
    fields = json.loads(encode_report(make_report())) | changes
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode().ljust(REPORT_BYTES)


def test_a_report_has_four_fields_and_its_numbers_are_small_integers() -> None:
    assert Report.__struct_fields__ == ("report_id", "task", "week", "counts")
    assert decode_report(body()) == make_report()


@pytest.mark.parametrize(
    "changes",
    [
        {"counts": [0.25] * 9},
        {"counts": [1, 1, 0, 0, 0, 0, 0, 0, COUNT_LIMIT + 1]},
        {"counts": [0] * (MAX_CATEGORIES + 1)},
        {"counts": [[1, 1, 0, 0, 0, 0, 0, 0, 0]]},
        {"counts": "AAAAAAAAAAAA"},
        {"gradient": [1, 2]},
        {"week": 2960.5},
        {"report_id": "not hexadecimal digits but words"},
        {"task": "subset_selection.9.3-1.226 and more"},
    ],
)
def test_anything_else_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        decode_report(body(**changes))


def test_padding_holds_nothing() -> None:
    with pytest.raises(MalformedMessage):
        decode_report(body().rstrip(b" ").ljust(REPORT_BYTES, b"\t"))


@pytest.mark.parametrize("categories", PERMITTED_CATEGORIES)
@pytest.mark.parametrize("odds", PERMITTED_ODDS)
def test_an_answer_says_less_than_two_numbers_of_a_gradient(
    categories: int, odds: Fraction
) -> None:
    mechanism = SubsetSelection(categories, odds)
    assert log2(comb(categories, mechanism.weight)) < 64  # two float32
    assert not mechanism.is_possible([2] * categories)


def test_every_mechanism_draws_from_a_single_session_or_from_clipped_counts() -> None:
    """A mechanism that is added has to be looked at here: what does it take from a history?"""
    most = {name: randomizer_of(name, 33, Fraction(3)).most_sessions for name in _MECHANISMS}
    assert most["subset_selection"] == 1
    assert set(most) == {"subset_selection", "discrete_laplace"}


_MECHANISMS: tuple[MechanismName, ...] = get_args(MechanismName)
