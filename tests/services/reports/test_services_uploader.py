from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.consent import Purpose
from edgeagent.network.transport import Response
from edgeagent.services.reports.disclosure_log import disclosed
from edgeagent.testing.transport import ScriptedTransport
from tests.services.conftest import Box


@pytest.fixture
def due(box: Box) -> Box:
    """A box with one report that is due now."""
    box.install()
    box.grant(Purpose.HISTORY, Purpose.REPORTING)
    box.go_to_end_of_reporting_week()
    box.agent.close_week()
    (entry,) = box.agent._home.ledger.outbox()
    box.clock.set(entry.next_attempt_at)
    return box


def script(box: Box, *answers: Response | None) -> None:
    box.transport = ScriptedTransport(answers)
    box.reopen()


def test_nothing_leaves_before_it_is_due(due: Box) -> None:
    due.clock.advance(-1)
    assert due.agent.send_reports() == ()
    assert due.transport.bodies == []


def test_204_means_counted_and_done(due: Box) -> None:
    (sending,) = due.agent.send_reports()
    assert sending.outcome == "accepted"
    assert due.agent._home.ledger.outbox() == ()
    (disclosure,) = due.agent.disclosures()
    assert (disclosure.outcome, disclosure.settled_at) == ("accepted", due.clock.now())
    assert due.agent.send_reports() == ()


@pytest.mark.parametrize("status", [400, 404, 409, 410, 413])
def test_other_4xx_mean_dropped_for_good_and_said(due: Box, status: int) -> None:
    script(due, Response(status=status))
    (sending,) = due.agent.send_reports()
    assert (sending.outcome, sending.detail) == ("refused", f"status {status}")
    assert due.agent._home.ledger.outbox() == ()
    assert due.agent.disclosures()[0].outcome == "refused"


@pytest.mark.parametrize(
    "answer", [None, Response(status=500), Response(status=302), Response(status=200)]
)
def test_faults_are_retried_with_the_same_bytes(due: Box, answer: Response | None) -> None:
    script(due, answer)
    assert due.agent.send_reports()[0].outcome == "retry"
    (entry,) = due.agent._home.ledger.outbox()
    due.clock.set(entry.next_attempt_at)
    due.reopen()
    assert due.agent.send_reports()[0].outcome == "accepted"
    assert len(set(due.transport.bodies)) == 1
    assert len(due.agent._home.ledger.debits()) == 1


@pytest.mark.parametrize("status", [408, 421, 425, 429, 503, 507])
def test_retry_after_is_honoured(due: Box, status: int) -> None:
    script(due, Response(status=status, retry_after_seconds=7200))
    due.agent.send_reports()
    (entry,) = due.agent._home.ledger.outbox()
    assert entry.next_attempt_at == due.clock.now() + 7200


@pytest.mark.parametrize(
    "answer", [None, Response(status=503, retry_after_seconds=1), Response(status=429)]
)
def test_at_most_three_tries_a_day_then_given_up_after_13_weeks(
    due: Box, answer: Response | None
) -> None:
    script(due, *[answer] * 1000)
    tries: list[int] = []
    outcome = "retry"
    while outcome == "retry":
        (entry,) = due.agent._home.ledger.outbox()
        due.clock.set(entry.next_attempt_at)
        (sending,) = due.agent.send_reports()
        outcome = sending.outcome
        tries.append(due.clock.now())
    assert outcome == "expired"
    assert len(due.transport.bodies) == len(tries) - 1
    assert max(sum(start <= other < start + DAY_SECONDS for other in tries) for start in tries) == 3
    assert tries[-1] - tries[0] > 12 * WEEK_SECONDS


def test_a_withdrawal_empties_the_outbox_before_it_returns(due: Box) -> None:
    due.agent.withdraw(Purpose.REPORTING)
    assert due.agent._home.ledger.outbox() == ()
    assert due.agent.send_reports() == ()
    assert due.transport.bodies == []
    (disclosure,) = due.agent.disclosures()
    assert (disclosure.outcome, disclosure.detail) == ("withdrawn", "never sent")
    assert len(due.agent._home.ledger.debits()) == 1


def test_a_withdrawal_of_one_profile_counts_whoever_else_takes_part(due: Box) -> None:
    due.agent.household.create("Ada", kind="adult")
    due.grant(Purpose.REPORTING, profile="Ada")
    script(due, None)
    due.agent.send_reports()
    due.agent.withdraw(Purpose.REPORTING)
    assert due.agent._home.ledger.outbox() == ()
    assert due.agent.disclosures()[0].detail == "tried once: it may have arrived"


def test_an_old_withdrawal_does_not_reach_later_reports(box: Box) -> None:
    box.install()
    box.agent.household.create("Ada", kind="adult")
    box.grant(Purpose.REPORTING, profile="Ada")
    box.agent.withdraw(Purpose.REPORTING, profile="Ada")
    box.grant(Purpose.HISTORY, Purpose.REPORTING)
    box.go_to_end_of_reporting_week()
    box.agent.close_week()
    box.reopen()
    assert len(box.agent._home.ledger.outbox()) == 1


class WithdrawnInFlight(ScriptedTransport):
    """Withdraws, in another process, after the first byte has left."""

    def __init__(self, box: Box, answer: Response | None) -> None:
        super().__init__((answer,))
        self._box = box

    def post(self, body: bytes, *, wanted: Callable[[], bool] = lambda: True) -> Response:
        assert wanted()
        other = self._box.open()
        other.withdraw(Purpose.REPORTING)
        other.close()
        assert not wanted()
        return super().post(body)


@pytest.mark.parametrize("answer", [None, Response(status=204), Response(status=410)])
def test_a_withdrawal_in_flight_stands_whatever_the_server_says(
    due: Box, answer: Response | None
) -> None:
    due.transport = WithdrawnInFlight(due, answer)
    due.reopen()
    (sending,) = due.agent.send_reports()
    assert sending.outcome == "withdrawn"
    (disclosure,) = due.agent.disclosures()
    assert (disclosure.outcome, disclosure.detail) == (
        "withdrawn",
        "tried once: it may have arrived",
    )
    assert due.agent.send_reports() == ()


def test_a_ledger_that_breaks_in_flight_calls_the_report_off(due: Box) -> None:
    class Breaking(ScriptedTransport):
        def post(self, body: bytes, *, wanted: Callable[[], bool] = lambda: True) -> Response:
            anchor = due.directory / "ledger.anchor"
            whole = anchor.read_bytes()
            anchor.write_bytes(b"nonsense")
            answers.append(wanted())
            anchor.write_bytes(whole)
            return super().post(body)

    answers: list[bool] = []
    due.transport = Breaking([None])
    due.reopen()
    due.agent.send_reports()
    assert answers == [False]


def test_settings_that_turn_reports_off_drop_what_waits(due: Box) -> None:
    due.config = msgspec.structs.replace(due.config, reports=False)
    due.reopen()
    (sending,) = due.agent.send_reports()
    assert (sending.outcome, sending.detail) == ("withdrawn", "reports are off in the settings")
    assert due.transport.bodies == []


def test_what_becomes_of_reports_is_in_the_log(due: Box, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="edgeagent"):
        script(due, Response(status=410))
        due.agent.send_reports()
        due.clock.set(0)
        due.agent.send_reports()
    assert [record.getMessage() for record in caplog.records] == [
        f"report on week {due.agent.disclosures()[0].week}: refused (status 410)",
        "nothing is sent: the time is not known",
    ]


def test_nothing_is_sent_while_the_time_is_unknown(due: Box) -> None:
    due.clock.set(0)
    assert due.agent.send_reports() == ()


def test_a_clock_that_has_gone_back_saves_no_report_from_a_withdrawal(due: Box) -> None:
    due.clock.advance(-60 * WEEK_SECONDS)
    due.agent.withdraw(Purpose.REPORTING)
    assert due.agent._home.ledger.outbox() == ()


def test_a_report_goes_only_to_the_server_that_its_disclosure_names(due: Box) -> None:
    due.config = msgspec.structs.replace(due.config, server_url="https://elsewhere.example")
    due.reopen()
    (sending,) = due.agent.send_reports()
    assert (sending.outcome, due.transport.bodies) == ("other_server", [])
    assert sending.detail == "never sent; it was drawn for https://models.example"
    (disclosure,) = due.agent.disclosures()
    assert disclosure.outcome == "other_server"
    assert disclosed(disclosure).outcome == "other_server"
    assert disclosure.detail == f"another server: {sending.detail}"
    assert due.agent._home.ledger.outbox() == ()
    assert len(due.agent._home.ledger.debits()) == 1


def test_a_slash_behind_makes_no_other_server(due: Box) -> None:
    due.config = msgspec.structs.replace(due.config, server_url="https://models.example/")
    due.reopen()
    assert due.agent.send_reports()[0].outcome == "accepted"


def test_a_report_that_may_have_arrived_is_said_to(due: Box) -> None:
    script(due, None)
    due.agent.send_reports()
    (entry,) = due.agent._home.ledger.outbox()
    due.clock.set(entry.next_attempt_at)
    due.config = msgspec.structs.replace(due.config, server_url="https://elsewhere.example")
    due.reopen()
    assert due.agent.send_reports()[0].detail.startswith("tried once: it may have arrived; ")
