"""The resident service, as apps and the home screen use it, and the memory it takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hil.board import Board
from tests.hil.conftest import Figures
from tests.hil.office import Office
from tests.published import Publisher, titles_of

IDLE_MEBIBYTES = 48
CHILD_KIB = 72 * 1024
"""60 MiB were measured on x86-64, 51 on emulated arm64."""
CHILD_GROWTH_KIB = 8 * 1024


@pytest.fixture(scope="module")
def served(board: Board, office: Office, publication: Publisher) -> Any:  # noqa: ANN401  (JSON)
    """What a service answered, and how large it was meanwhile."""
    return board.onboard("service", office.new_home("served"), titles_of(publication, "Comedy")[0])


def test_the_service_stores_and_picks_with_reasons(served: Any, publication: Publisher) -> None:  # noqa: ANN401
    watched = titles_of(publication, "Comedy")[0]
    assert served["stored"]
    assert watched in str(served["kept"])
    assert served["picks"]["picks"][0]["reasons"]
    assert served["heavy"] == [], "what belongs into the child is resident"


AT_ONCE = "[service]\nwake_grace_seconds = 0\nmax_load_fraction = 100\nmax_celsius = 200\n"
"""A service under test does not wait for a quiet moment."""


@pytest.mark.parametrize("drawn_days_ago", [0, 5])
def test_the_service_draws_reports_and_sends_them(
    board: Board, office: Office, publication: Publisher, drawn_days_ago: int
) -> None:
    home = office.new_home(f"reporting-{drawn_days_ago}", more=AT_ONCE)
    comedies = titles_of(publication, "Comedy")[:21]
    lived = board.onboard("week", home, "30", str(drawn_days_ago), *comedies)
    before = len(office.reports())
    (report,) = board.onboard("service", home)
    assert report["week"] == lived["week"]
    arrived = [body.decode() for body in office.reports()[before:]]
    if drawn_days_ago:  # all four days have passed in which it was to leave
        assert (report["outcome"], arrived) == ("accepted", [report["body"]])
    else:
        assert (report["outcome"], arrived) == (None, [])


@pytest.mark.lg_feature("memory")
def test_the_service_and_its_child_stay_within_their_budgets(
    served: Any,  # noqa: ANN401  (JSON)
    figures: Figures,
    option: dict[str, int],
) -> None:
    idle_kib = option.get("idle_mebibytes", IDLE_MEBIBYTES) * 1024
    kib = figures["memory_kib"] = served["kib"]
    assert kib["idle_pss"] <= kib["idle_rss"] <= idle_kib, kib
    assert kib["child_peak"] <= CHILD_KIB, kib
    assert kib["child_growth"] <= CHILD_GROWTH_KIB, kib
