"""A person's act of deletion stops the report that is counted and the report that waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edgeagent.agent import Agent, Environment
from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import LedgerBroken
from edgeagent.store import CALLED_OFF, ViewingSpan
from tests.services.acts import DELETIONS, NO_DELETIONS, Act
from tests.services.conftest import Box


@pytest.fixture
def reporting(box: Box) -> Box:
    """An hour after the end of a reporting week in which ``t:1`` was watched."""
    box.install()
    box.grant(Purpose.HISTORY, Purpose.REPORTING)
    box.go_to_end_of_reporting_week()
    box.watch("t:1", ago=2 * DAY_SECONDS)
    box.watch("t:2", ago=(box.agent.retention.kept().days + 1) * DAY_SECONDS)
    return box


def send(box: Box) -> int:
    box.clock.advance(4 * DAY_SECONDS + 1)
    box.agent.send_reports()
    return len(box.transport.bodies)


@pytest.mark.parametrize("act", DELETIONS.values(), ids=DELETIONS)
def test_a_waiting_report_is_called_off_whatever_was_hit(reporting: Box, act: Act) -> None:
    assert reporting.agent.close_week().outcome == "drawn"
    act(reporting)
    assert reporting.agent._home.ledger.outbox() == ()
    (disclosure,) = reporting.agent.disclosures()
    assert (disclosure.outcome, disclosure.detail) == ("withdrawn", "never sent")
    assert len(reporting.agent._home.ledger.debits()) == 1
    assert send(reporting) == 0
    reporting.reopen()
    assert reporting.agent.close_week().outcome != "drawn"


@pytest.mark.parametrize("act", DELETIONS.values(), ids=DELETIONS)
def test_a_count_under_way_is_stopped_whatever_was_hit(reporting: Box, act: Act) -> None:
    reporting.scorer.before = lambda: act(reporting)
    closing = reporting.agent.close_week()
    assert (closing.outcome, closing.reason) == ("silent", CALLED_OFF)
    ledger = reporting.agent._home.ledger
    assert (ledger.debits(), ledger.disclosures(), ledger.outbox()) == ((), (), ())
    reporting.scorer.before = lambda: None
    reporting.reopen()
    assert reporting.agent.close_week().outcome != "drawn"
    assert send(reporting) == 0


@pytest.mark.parametrize("act", NO_DELETIONS.values(), ids=NO_DELETIONS)
def test_what_deletes_nothing_stops_nothing(reporting: Box, act: Act) -> None:
    reporting.scorer.before = lambda: act(reporting)
    assert reporting.agent.close_week().outcome == "drawn"
    act(reporting)
    assert send(reporting) == 1


def test_pruning_that_deletes_stops_nothing(reporting: Box) -> None:
    pruned: list[int] = []
    reporting.scorer.before = lambda: pruned.append(reporting.agent.housekeeping().deleted)
    assert reporting.agent.close_week().outcome == "drawn"
    assert pruned == [1]


def test_a_deletion_by_another_process_stops_the_count(reporting: Box) -> None:
    def elsewhere() -> None:
        other = reporting.open()
        other.title_marks.forget("t:never", profile="main")
        other.close()

    reporting.scorer.before = elsewhere
    assert reporting.agent.close_week().reason == CALLED_OFF


def test_a_deletion_before_the_count_leaves_the_report_its_way(reporting: Box) -> None:
    reporting.agent.title_marks.forget("t:1", profile="main")
    assert reporting.agent.close_week().outcome == "drawn"
    assert send(reporting) == 1


def test_a_consent_that_lapses_while_the_week_is_counted_stops_it(reporting: Box) -> None:
    reporting.scorer.before = lambda: reporting.clock.advance(730 * DAY_SECONDS)
    assert reporting.agent.close_week().outcome == "silent"
    assert reporting.agent.disclosures() == ()


@pytest.fixture
def broken(reporting: Box) -> Iterator[Box]:
    """The same, when a report waits, a preview was seen, and then the anchor goes missing."""
    assert reporting.agent.close_week().outcome == "drawn"
    reporting.agent._home.ledger.set_state("preview.1", b"key")
    break_ledger(reporting)
    yield reporting
    assert reporting.agent._home.ledger.outbox() == ()


def break_ledger(box: Box) -> None:
    (box.directory / "ledger.anchor").rename(box.directory / "aside")


def mend_ledger(box: Box) -> None:
    (box.directory / "aside").replace(box.directory / "ledger.anchor")


def _forget(box: Box) -> None:
    assert box.agent.title_marks.forget("t:1", profile="main") == 1


def _forget_span(box: Box) -> None:
    recent = ViewingSpan(since=box.clock.now() - 3 * DAY_SECONDS)
    assert box.agent.history.forget(recent, profile="main") == 1


def _erase(box: Box) -> None:
    box.agent.erasure.erase_history()


def _erase_what_does_not_open(box: Box) -> None:
    box.agent.close()
    (box.directory / "history.db").write_bytes(b"damaged")
    box.agent = box.open()
    box.agent.erasure.erase_history()


def _withdraw(box: Box) -> None:
    with pytest.raises(LedgerBroken):
        box.agent.withdraw(Purpose.HISTORY)


def _everything_off(box: Box) -> None:
    with pytest.raises(LedgerBroken):
        box.agent.household.switch_everything_off()


@pytest.mark.parametrize(
    "act",
    [_forget, _forget_span, _erase, _erase_what_does_not_open, _withdraw, _everything_off],
)
@pytest.mark.parametrize("restarts", [False, True])
def test_what_was_deleted_with_a_broken_ledger_is_called_off_when_it_is_whole(
    broken: Box, act: Act, *, restarts: bool
) -> None:
    act(broken)
    assert len(broken.agent._home.ledger.outbox()) == 1
    assert broken.agent._home.ledger.deletions.owes()
    assert send(broken) == 0
    mend_ledger(broken)
    if restarts:
        broken.reopen()
        assert broken.agent._home.ledger.outbox() == ()
    assert send(broken) == 0
    ledger = broken.agent._home.ledger
    assert (ledger.outbox(), ledger.state("preview.1")) == ((), None)
    assert not ledger.deletions.owes()
    place = ledger.tip()
    broken.reopen()
    assert broken.agent._home.ledger.tip() == place


def test_who_withdraws_with_a_broken_ledger_is_told_what_is_done_and_what_comes_back(
    broken: Box,
) -> None:
    with pytest.raises(LedgerBroken, match=r"is deleted .* in force again once") as refused:
        broken.agent.withdraw(Purpose.HISTORY)
    assert "then withdraw it again" in refused.value.hint
    assert broken.agent._home.history.count("main") == 0
    mend_ledger(broken)
    broken.reopen()
    assert broken.agent.gate.holds(Purpose.HISTORY, profile="main")


def test_it_is_called_off_though_the_ledger_comes_from_a_copy(reporting: Box) -> None:
    assert reporting.agent.close_week().outcome == "drawn"
    reporting.agent.close()
    ledger = {path: path.read_bytes() for path in reporting.directory.glob("ledger.*")}
    (reporting.directory / "ledger.anchor").write_bytes(b"{}")
    reporting.agent = reporting.open()
    _forget(reporting)
    reporting.agent.close()
    for path, data in ledger.items():
        path.write_bytes(data)
    reporting.agent = reporting.open()
    assert reporting.agent._home.ledger.outbox() == ()
    assert send(reporting) == 0


def test_it_is_called_off_by_who_sends_without_opening_the_history(broken: Box) -> None:
    _forget(broken)
    broken.agent.close()
    mend_ledger(broken)
    broken.clock.advance(4 * DAY_SECONDS + 1)
    environment = Environment(clock=broken.clock, transport=broken.transport, network_only=True)
    with Agent.open(broken.directory, config=broken.config, environment=environment) as job:
        assert job.send_reports() == ()
    assert broken.transport.bodies == []
    broken.agent = broken.open()
