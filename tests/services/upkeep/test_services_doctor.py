from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, iso_utc
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import LedgerBroken, StorageError
from edgeagent.messages import WatchEvent
from edgeagent.messages.fields import Obstacle
from edgeagent.services.upkeep.doctor import Doctor, Finding
from edgeagent.services.upkeep.model_health import scoring_found
from edgeagent.store.history_schema import HISTORY_SCHEMA
from edgeagent.store.ledger_schema import LEDGER_SCHEMA
from edgeagent.store.migrations import Migration
from edgeagent.store.store_notes import PUT_BACK
from edgeagent.testing.agent_box import AgentBox

NAMES = (
    *("home", "settings", "permissions", "free space", "keys", "scoring"),
    *("ledger log", "history log"),
    *("ledger", "history", "deletions", "files", "clock", "budget", "counts"),
    *("update", "releases", "stops", "creatives", "model", "age limits", "profile lock"),
)


@pytest.fixture
def agent_box(agent_box: AgentBox) -> AgentBox:
    """Return a box whose settings name nothing that is not there."""
    agent_box.config = Config()
    return agent_box


@pytest.mark.parametrize(
    ("scorer", "filtered", "said"),
    [
        ("resident", True, "in the resident process, without limits"),
        ("child", True, "in a child with limits, which cannot use the network or create files"),
        ("child", False, "network and files depend on the systemd unit"),
    ],
)
def test_it_is_said_what_holds_models(
    scorer: Literal["resident", "child"], filtered: bool, said: str
) -> None:
    assert said in scoring_found(Config(scorer=scorer), filtered=filtered).message


def doctor(agent_box: AgentBox) -> Doctor:
    return Doctor(
        agent_box.directory,
        config=agent_box.config,
        clock=agent_box.clock,
        random=agent_box.random,
    )


def examined(agent_box: AgentBox) -> dict[str, Finding]:
    findings = doctor(agent_box).examine()
    for finding in findings:
        assert finding.message
        assert (finding.status == "ok") == (not finding.hint), finding
    return {finding.name: finding for finding in findings}


def filled(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        now = agent_box.clock.now()
        agent.record_watch(
            [WatchEvent(entity_id=f"t:{number}", watched_on=now - number) for number in range(500)]
        )
        agent_box.update(agent)


def statuses(findings: dict[str, Finding]) -> dict[str, str]:
    return {name: finding.status for name, finding in findings.items() if finding.status != "ok"}


def test_a_well_box_has_one_weakness_its_key(agent_box: AgentBox) -> None:
    filled(agent_box)
    findings = examined(agent_box)
    assert tuple(findings) == NAMES
    assert statuses(findings) == {"keys": "warning"}
    assert f"schema {len(LEDGER_SCHEMA.migrations)}" in findings["ledger"].message
    assert "silent until" in findings["budget"].message
    assert "confirmed by the server" in findings["clock"].message


def test_a_key_that_is_kept_elsewhere_is_no_weakness(agent_box: AgentBox, tmp_path: Path) -> None:
    helper = tmp_path / "tee"
    helper.write_text(f"#!/bin/sh\necho {'ab' * 32}\n")
    helper.chmod(0o700)
    agent_box.config = Config(key_provider="command", key_command=(str(helper),))
    filled(agent_box)
    assert statuses(examined(agent_box)) == {}
    agent_box.config = Config(key_provider="command", key_command=("/no/such",))
    findings = examined(agent_box)
    assert statuses(findings) == {
        "settings": "warning",
        "keys": "failed",
        "ledger": "failed",
    }


class _CutError(Exception):
    """The power goes."""


def _cut(step: str) -> None:
    if step == "delete":
        raise _CutError


def test_a_deletion_that_was_cut_off_is_said_until_it_is_carried_out(agent_box: AgentBox) -> None:
    filled(agent_box)
    agent = agent_box.open()
    with pytest.raises(_CutError):
        agent.title_marks.forget("t:1", profile="main", step=_cut)
    with pytest.raises(_CutError):
        agent.erasure.erase_history(step=_cut)
    agent.close()
    found = examined(agent_box)["deletions"]
    assert (found.status, found.message[:12]) == ("warning", "2 were begun")
    agent_box.open().close()
    assert examined(agent_box)["deletions"].status == "ok"


def test_where_there_is_no_box_none_is_made(agent_box: AgentBox) -> None:
    assert statuses(examined(agent_box)) == {"home": "warning"}
    assert not agent_box.directory.exists()
    agent_box.directory.mkdir()
    assert statuses(examined(agent_box)) == {"home": "warning"}
    assert list(agent_box.directory.iterdir()) == []


def test_a_new_box_is_told_to_update(agent_box: AgentBox) -> None:
    agent_box.open().close()
    findings = examined(agent_box)
    assert statuses(findings) == {"keys": "warning", "clock": "warning", "update": "warning"}
    assert findings["update"].hint == "edgeagent model update"


def test_an_old_update_and_an_unknown_time_are_said(agent_box: AgentBox) -> None:
    filled(agent_box)
    agent_box.clock.advance(21 * DAY_SECONDS)
    findings = examined(agent_box)
    assert statuses(findings) == {"keys": "warning", "update": "warning"}
    assert "3 weeks ago" in findings["update"].message
    agent_box.clock.set(4_102_444_800)  # 2100
    assert "set the clock" in examined(agent_box)["clock"].hint


def test_what_others_may_read_is_named(agent_box: AgentBox) -> None:
    filled(agent_box)
    (agent_box.directory / "history.db").chmod(0o644)
    findings = examined(agent_box)
    assert findings["permissions"].status == "warning"
    assert findings["permissions"].hint == f"chmod go-rwx {agent_box.directory / 'history.db'}"


@pytest.mark.parametrize(("mebibytes", "status"), [(7, "failed"), (63, "warning"), (64, "ok")])
def test_little_room_is_said(agent_box: AgentBox, mebibytes: int, status: str) -> None:
    filled(agent_box)
    cramped = Doctor(
        agent_box.directory,
        config=agent_box.config,
        clock=agent_box.clock,
        random=agent_box.random,
        free_bytes=lambda _: mebibytes * 1024 * 1024,
    )
    (finding,) = [one for one in cramped.examine() if one.name == "free space"]
    assert (finding.status, finding.message) == (status, f"{mebibytes} MiB free")


def break_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[3 * 4096 + 100] ^= 1
    path.write_bytes(bytes(data))


def break_everything(path: Path) -> None:
    path.write_bytes(b"broken" * 3000)


def make_plain(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + bytes(4080))


BREAKS = (break_page, break_everything, make_plain)


@pytest.mark.parametrize("damage", BREAKS)
def test_a_damaged_history_is_found_and_set_aside(
    agent_box: AgentBox, damage: Callable[[Path], None]
) -> None:
    filled(agent_box)
    path = agent_box.directory / "history.db"
    damage(path)
    broken = path.read_bytes()
    findings = examined(agent_box)
    assert tuple(findings) == NAMES
    assert statuses(findings)["history"] == "failed"
    assert "doctor --repair" in findings["history"].hint
    assert findings["ledger"].status == "ok"
    assert path.read_bytes() == broken
    kept = doctor(agent_box).repair()
    assert kept is not None
    assert kept.name == f"history.db.damaged-{iso_utc(agent_box.clock.now()).replace(':', '')}"
    assert kept.read_bytes() == broken
    assert examined(agent_box)["history"].status == "ok"
    assert doctor(agent_box).repair() is None
    with agent_box.open() as agent:
        assert agent._home.history.count("main") == 0
        assert agent.gate.holds(Purpose.HISTORY, profile="main")


@pytest.mark.parametrize("damage", BREAKS)
def test_a_damaged_ledger_is_found_and_left_alone(
    agent_box: AgentBox, damage: Callable[[Path], None]
) -> None:
    filled(agent_box)
    path = agent_box.directory / "ledger.db"
    damage(path)
    broken = path.read_bytes()
    findings = examined(agent_box)
    assert findings["ledger"].status == "failed"
    assert path.read_bytes() == broken


def test_a_ledger_behind_its_anchor_is_found(agent_box: AgentBox) -> None:
    filled(agent_box)
    older = (agent_box.directory / "ledger.db").read_bytes()
    with agent_box.open() as agent:
        agent.withdraw(Purpose.HISTORY)
    (agent_box.directory / "ledger.db").write_bytes(older)
    findings = examined(agent_box)
    assert "were acknowledged" in findings["ledger"].message
    assert findings["history"].status == "ok"


@pytest.mark.parametrize("name", ["ledger.db", "ledger.key", "kek", "ledger.anchor"])
def test_a_missing_file_is_named_and_not_made_anew(agent_box: AgentBox, name: str) -> None:
    filled(agent_box)
    (agent_box.directory / name).unlink()
    findings = examined(agent_box)
    assert any(
        finding.status == "failed" and name in finding.message for finding in findings.values()
    )
    assert not (agent_box.directory / name).exists()
    if name != "ledger.anchor":
        with pytest.raises(StorageError):
            doctor(agent_box).repair()


def test_a_damaged_log_of_the_history_is_said(agent_box: AgentBox) -> None:
    filled(agent_box)
    with agent_box.open() as agent:
        assert agent._home.history_opens()
        log = agent_box.directory / "history.db-wal"
        agent._home.history.set_mark("main", "t:2", "hidden", at=1)
        data = bytearray(log.read_bytes())
    data[-1] ^= 1
    log.write_bytes(bytes(data))
    finding = examined(agent_box)["history log"]
    assert finding.status == "warning"
    assert "last events may be missing" in finding.message
    assert examined(agent_box)["history log"].status == "ok"


def test_a_log_that_cannot_be_read_is_said(agent_box: AgentBox) -> None:
    filled(agent_box)
    (agent_box.directory / "history.db-wal").mkdir()
    assert examined(agent_box)["history log"].status == "failed"


def test_a_row_that_cannot_be_read_is_no_whole_ledger(agent_box: AgentBox) -> None:
    with agent_box.open() as agent, agent._home.ledger._chain.append() as writer:
        writer.append("consents", {"profile": "main", "purpose": "history", "body": "{}"})
    finding = examined(agent_box)["ledger"]
    assert finding.status == "failed"
    assert "cannot be read" in finding.message


def test_picks_that_cannot_be_read_are_no_whole_history(agent_box: AgentBox) -> None:
    with agent_box.open() as agent, agent._home.history._database.transaction() as connection:
        connection.execute(
            "INSERT INTO last_picks (profile, made_at, body) VALUES ('main', 1, X'7B')"
        )
    assert examined(agent_box)["history"].status == "failed"


def test_what_a_later_version_wrote_is_said(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        more = Migration(name="9001_more", statements=("CREATE TABLE more (a TEXT) STRICT",))
        for store, schema in (
            (agent._home.ledger, LEDGER_SCHEMA),
            (agent._home.history, HISTORY_SCHEMA),
        ):
            replace(schema, migrations=(*schema.migrations, more)).migrate(store._database)
    findings = examined(agent_box)
    for name in ("ledger", "history"):
        assert findings[name].status == "warning"
        assert "1 more than this version knows" in findings[name].message
    with agent_box.open() as agent, agent._home.ledger._chain.append() as writer:
        writer.append("consents", {"profile": "main", "purpose": "wellbeing", "body": "?"})
    assert "decisions about wellbeing" in examined(agent_box)["ledger"].message


def _put_back_history(agent_box: AgentBox) -> None:
    filled(agent_box)
    copy = (agent_box.directory / "history.db").read_bytes()
    with agent_box.open() as agent:
        agent.withdraw(Purpose.HISTORY)
    (agent_box.directory / "history.db").write_bytes(copy)


def test_a_history_that_was_put_back_is_set_aside_or_accepted(agent_box: AgentBox) -> None:
    _put_back_history(agent_box)
    finding = examined(agent_box)["files"]
    assert (finding.status, finding.message) == (
        "failed",
        f"history.db, noticed on 2026-01-12: {PUT_BACK}",
    )
    with agent_box.open() as agent:
        assert agent.reports.obstacle(3000) == (Obstacle.LEDGER, f"{_refusal(agent)}")
        with pytest.raises(LedgerBroken, match="was restored"):
            agent.reports.preview()
    assert doctor(agent_box).accept()
    assert not doctor(agent_box).accept()
    assert examined(agent_box)["files"].status == "ok"
    with agent_box.open() as agent:
        agent._home.check()


def test_what_is_set_aside_is_kept(agent_box: AgentBox) -> None:
    _put_back_history(agent_box)
    kept = doctor(agent_box).repair()
    assert kept is not None
    assert kept.is_file()
    assert examined(agent_box)["files"].status == "ok"
    assert doctor(agent_box).repair() is None


def _refusal(agent: Agent) -> LedgerBroken:
    with pytest.raises(LedgerBroken) as caught:
        agent._home.check()
    return caught.value


@pytest.mark.parametrize("harm", ["damaged", "deleted"])
def test_a_model_file_that_is_not_the_verified_one_is_said(agent_box: AgentBox, harm: str) -> None:
    filled(agent_box)
    assert examined(agent_box)["model"].message == "2 files are as they were verified"
    model, *links = (agent_box.directory / "models").rglob("*.onnx")
    if harm == "damaged":
        model.write_bytes(model.read_bytes()[:-1] + b"?")
    else:
        for path in (model, *links):
            path.unlink()
    finding = examined(agent_box)["model"]
    assert finding.status == "failed"
    assert model.name in finding.message


def test_a_home_that_cannot_be_written_is_said(agent_box: AgentBox) -> None:
    filled(agent_box)
    findings = Doctor(
        agent_box.directory,
        config=agent_box.config,
        clock=agent_box.clock,
        random=agent_box.random,
        can_write=lambda _: False,
    ).examine()
    (space,) = (finding for finding in findings if finding.name == "free space")
    assert (space.status, space.hint) == ("failed", "mount that file system writable")
