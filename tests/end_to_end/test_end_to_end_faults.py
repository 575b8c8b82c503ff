"""Planted faults: each is noticed, and what worked before keeps working."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from edgeagent.consent import Purpose
from edgeagent.errors import (
    ConsentRequired,
    LedgerBroken,
    NetworkError,
    StorageError,
    UpdateRefused,
)
from edgeagent.network.transport import HttpTransport
from server_stub.distribution.operator import Operator
from server_stub.distribution.publish import publish
from tests.publishing import Household, Publisher, titles_of


def flip(path: Path, *, at: float = 0.5, bit: int = 1) -> None:
    """Flip one bit of a file; any hard-linked twin keeps its own bytes."""
    data = bytearray(path.read_bytes())
    data[int(at * (len(data) - 1))] ^= bit
    path.unlink()
    path.write_bytes(data)


def _complaint(household: Household) -> str:
    """Open the box and look at every page, as its doctor does."""
    try:
        household.agent = household.open()
        stores = (household.agent._home.ledger, household.agent._home.history)
        return "; ".join(line for s in stores for line in s._database.integrity_errors())
    except StorageError as noticed:
        return noticed.hint


@pytest.mark.parametrize("name", ["history.db", "ledger.db"])
@pytest.mark.parametrize("at", [0.0, 0.3, 0.9])
def test_a_flipped_byte_in_a_database_is_noticed(
    household: Household, publisher: Publisher, name: str, at: float
) -> None:
    household.consent()
    household.agent.update_model()
    household.watch(*titles_of(publisher, "Comedy")[:10])
    household.agent.close()
    flip(household.directory / name, at=at)
    complaint = _complaint(household)
    assert complaint
    assert (household.directory / name).exists()


def test_a_flipped_byte_in_the_model_is_noticed_and_mended_by_an_update(
    household: Household,
) -> None:
    household.consent()
    household.agent.update_model()
    household.agent.recommend()
    household.reopen()
    (model,) = (household.directory / "models" / "in_use").glob("*.onnx")
    flip(model)
    popular = household.agent.recommend()
    assert popular.ranked_by == "popularity"
    assert len(popular.picks) == 10
    noticed = household.agent.installation()
    assert noticed.failures == 1
    assert "altered" in str(noticed.last_failure)
    household.agent.update_model()
    assert household.agent.recommend().ranked_by == "model"
    assert household.agent.installation().failures == 0


@pytest.mark.parametrize(
    "role", ["timestamp", "snapshot", "targets", "models", "catalogue", "tasks"]
)
@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_byte_in_any_metadata_is_refused_and_the_old_model_works(
    household: Household, publisher: Publisher, role: str, seed: int
) -> None:
    household.consent()
    household.agent.update_model()
    publisher.publish(publisher.artefacts)
    newest = max((publisher.repository / "metadata").glob(f"*{role}.json"))
    whole = newest.read_bytes()
    dice = random.Random(seed)  # noqa: S311  (a test's dice)
    flip(newest, at=dice.random(), bit=1 << dice.randrange(8))
    with pytest.raises((UpdateRefused, NetworkError)) as refused:
        household.agent.update_model()
    assert refused.value.hint
    assert household.agent.recommend(limit=1).picks
    newest.write_bytes(whole)
    household.agent.update_model()


def test_a_flipped_byte_in_a_served_target_is_refused(
    household: Household, publisher: Publisher
) -> None:
    (served,) = (publisher.repository / "targets" / "models").glob("*.onnx")
    flip(served)
    with pytest.raises(UpdateRefused, match="does not verify"):
        household.agent.update_model()
    assert household.agent.installation().current is None


def test_a_rolled_back_repository_is_refused(household: Household, publisher: Publisher) -> None:
    timestamp = publisher.repository / "metadata" / "timestamp.json"
    old = timestamp.read_bytes()
    publisher.publish(publisher.artefacts)
    household.agent.update_model()
    timestamp.write_bytes(old)
    with pytest.raises(UpdateRefused):
        household.agent.update_model()


def test_another_publishers_repository_is_refused(
    household: Household, publisher: Publisher, tmp_path: Path
) -> None:
    household.agent.update_model()
    foreign = tmp_path / "foreign"
    publish(
        Operator.without_passphrase(
            foreign, tmp_path / "foreign-keys", now=household.clock.now(), lifetime_days=30
        ),
        publisher.artefacts,
    )
    for name in ("timestamp.json",):
        source = foreign / "metadata" / name
        (publisher.repository / "metadata" / name).write_bytes(source.read_bytes())
    with pytest.raises(UpdateRefused):
        household.agent.update_model()


def test_expired_metadata_is_refused_and_the_old_model_works(household: Household) -> None:
    household.consent()
    household.agent.update_model()
    household.clock.advance(600 * 86_400)
    with pytest.raises(UpdateRefused, match="expired"):
        household.agent.update_model()
    assert household.agent.recommend(limit=1).picks
    assert "time is not known" in household.agent.close_week().reason


def test_an_altered_report_is_refused_by_the_server(household: Household) -> None:
    household.consent()
    household.agent.update_model()
    household.go_to_reporting_week()
    household.end_week()
    household.agent.close_week()
    body = household.agent.disclosures()[0].body
    transport = HttpTransport(str(household.config.server_url))
    assert b".17." in body
    for altered in (body.replace(b",0,", b",1,", 1), body[:-1], body.replace(b".17.", b".18.", 1)):
        assert transport.post(altered).status in {400, 413}


def test_an_altered_report_in_the_ledger_is_noticed_and_not_sent(household: Household) -> None:
    household.consent()
    household.agent.update_model()
    household.go_to_reporting_week()
    household.end_week()
    household.agent.close_week()
    household.go_to_due_time()
    _with_the_key(household, _ALTER_A_REPORT)
    household.reopen()
    assert household.agent.send_reports() == ()
    with pytest.raises(LedgerBroken):
        household.agent.disclosures()


def test_a_removed_ledger_row_is_noticed_and_grants_nothing(household: Household) -> None:
    household.consent()
    household.agent.update_model()
    household.go_to_reporting_week()
    household.end_week()
    household.agent.close_week()
    _with_the_key(household, _REMOVE_A_DEBIT)
    household.reopen()
    assert household.agent.close_week().outcome == "silent"
    with pytest.raises((ConsentRequired, LedgerBroken)):
        household.agent.gate.grant(Purpose.REPORTING, profile="main")


_ALTER_A_REPORT = (
    "UPDATE disclosures SET body = CAST(replace(CAST(body AS TEXT), '0,1', '1,0') AS BLOB)",
)
_REMOVE_A_DEBIT = ("DELETE FROM outbox", "DELETE FROM disclosures", "DELETE FROM ledger")


def _with_the_key(household: Household, statements: tuple[str, ...]) -> None:
    """Change the ledger as someone would who holds its key."""
    with household.agent._home.ledger._database.transaction() as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
