"""The list of releases, two commands at once, the clock, and repositories of earlier releases."""

from __future__ import annotations

import multiprocessing
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata

from edgeagent.errors import EdgeAgentError, InputError, UpdateRefused
from edgeagent.messages import canonical_bytes
from edgeagent.messages.release_list import ReleaseEntry, ReleaseList, head
from edgeagent.messages.targets import LIST_FIELD, LOG_ROLE, MANIFEST_TARGET
from edgeagent.testing.clock import FakeClock
from server_stub.distribution.content import target_file_of
from server_stub.distribution.facts import release_list
from server_stub.distribution.publish import create, promote, publish
from server_stub.distribution.renewal import begin_list, keep_refreshing, refresh, rotate_keys
from server_stub.distribution.rollback import rollback, stop
from tests.server_stub.distribution.publishing_office import DAY, NOW, PublishingOffice, invented

ONE, TWO = invented(1), invented(2)


def test_the_list_only_grows(office: PublishingOffice) -> None:
    create(office.operator())
    lists = [office.check_list()]
    for command in (
        lambda: publish(office.operator(), ONE),
        lambda: publish(office.operator(), TWO, percent=5),
        lambda: promote(office.operator(), 50),
        lambda: rollback(office.operator()),
        lambda: stop(office.operator(), models=("v2",)),
        lambda: rotate_keys(office.operator(), ["models", "snapshot"]),
        lambda: refresh(office.operator(), ["targets", "root"]),
    ):
        command()
        lists.append(office.check_list())
    for before, after in pairwise(lists):
        assert len(after.entries) > len(before.entries)
        assert head(after, len(before.entries)) == head(before)
    refresh(office.operator())
    assert office.check_list() == lists[-1], "a timestamp is no release"
    assert release_list(office.directory) == lists[-1]


def test_what_comes_back_is_not_listed_twice(office: PublishingOffice) -> None:
    for artefacts in (ONE, TWO):
        publish(office.operator(), artefacts)
    rollback(office.operator())
    manifests = [e for e in office.check_list().entries if e.name == MANIFEST_TARGET]
    assert [entry.version for entry in manifests] == [1, 2]


def test_old_copies_of_the_list_are_deleted(office: PublishingOffice) -> None:
    for _ in range(4):
        publish(office.operator(), ONE)
    copies = list((office.directory / "targets" / "log").iterdir())
    assert len(copies) == 2, "the newest, and one for boxes that are under way"


def test_a_new_list_begins_with_what_is_there(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    shipped = (office.directory / "root.json").read_bytes()
    old = office.check_list()
    begin_list(office.operator())
    new = office.check_list()
    assert new.list_id != old.list_id
    assert office.versions()["root"] == 2
    office.box(trusted_root=shipped)
    publish(office.operator(), TWO)
    assert office.check_list().entries[: len(new.entries)] == new.entries


def test_boxes_follow_a_restored_backup_by_new_keys(
    office: PublishingOffice, tmp_path: Path
) -> None:
    publish(office.operator(), ONE)
    shipped = (office.directory / "root.json").read_bytes()
    shutil.copytree(office.directory, tmp_path / "backup")
    for _ in range(4):
        publish(office.operator(), TWO)
    office.box(trusted_root=shipped)
    shutil.rmtree(office.directory)
    shutil.copytree(tmp_path / "backup", office.directory)
    begin_list(office.operator())
    with pytest.raises(UpdateRefused, match="timestamp version"):
        office.box(trusted_root=shipped)
    rotate_keys(office.operator(), ["timestamp", "snapshot"])
    box = office.box(trusted_root=shipped)
    assert box.read(MANIFEST_TARGET) == canonical_bytes(ONE.manifest)
    assert box.statement().list_id == office.check_list().list_id


def test_a_full_list_says_how_to_go_on(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    operator = office.operator()
    published = office.published()
    releases = published.releases
    assert releases is not None
    many = tuple(
        ReleaseEntry(kind="root", name="root", version=number, sha256=releases.entries[0].sha256)
        for number in range(1_000, 9_660)
    )
    data = canonical_bytes(ReleaseList(list_id=releases.list_id, entries=many))
    operator.repository.write_target("log/releases.json", data)
    replace_signed(office, LOG_ROLE, data)
    served = office.served()
    with pytest.raises(InputError, match="the list of releases is full") as refusal:
        publish(operator, TWO)
    assert "new-list" in refusal.value.hint
    assert office.served() == served
    begin_list(office.operator())
    publish(office.operator(), TWO)
    office.check_list()


def replace_signed(office: PublishingOffice, role: str, data: bytes) -> None:
    """Sign another list in the place of the one that is there."""
    operator = office.operator()
    log = office.published().targets[role]
    log.targets = {"log/releases.json": target_file_of("log/releases.json", data)}
    metadata = Metadata(log)
    delegations = office.published().targets["targets"].delegations
    assert delegations is not None
    assert delegations.roles is not None
    metadata.sign(operator.keys.one(role, delegations.roles[role].keyids))
    operator.repository.write_metadata(f"{log.version}.{role}.json", metadata.to_bytes())


def without_list(office: PublishingOffice) -> None:
    """Turn a repository into one as earlier releases made: no list, no role for it, other names."""
    publish(office.operator(), ONE)
    operator, published = office.operator(), office.published()
    del published.root.unrecognized_fields[LIST_FIELD]
    top = published.targets["targets"]
    assert top.delegations is not None
    assert top.delegations.roles is not None
    del top.delegations.keys[top.delegations.roles.pop(LOG_ROLE).keyids[0]]
    del published.snapshot.meta["log.json"]
    for role, signed in published.metadata().items():
        if role not in {"root", "targets", "snapshot"}:
            continue
        metadata: Metadata[Any] = Metadata(signed)
        metadata.sign(operator.keys.one(role, published.root.roles[role].keyids))
        operator.repository.write_metadata(f"1.{role}.json", metadata.to_bytes())
    (office.directory / "root.json").write_bytes(
        (office.directory / "metadata" / "1.root.json").read_bytes()
    )
    for path in office.keys.iterdir():
        path.rename(path.with_name(f"{path.name.split('-')[0]}.pem"))
    (office.keys / "log.pem").unlink()


def test_a_repository_of_an_earlier_release_gets_a_list(office: PublishingOffice) -> None:
    without_list(office)
    shipped = (office.directory / "root.json").read_bytes()
    office.box(trusted_root=shipped)
    refresh(office.operator())
    assert office.facts()["releases"] is None
    with pytest.raises(InputError, match="keeps no list of releases") as refusal:
        publish(office.operator(), TWO)
    assert "new-list" in refusal.value.hint
    with pytest.raises(InputError, match="keeps no list of releases"):
        release_list(office.directory)
    begin_list(office.operator())
    office.check_list()
    publish(office.operator(), TWO)
    office.check_list()
    box = office.box(trusted_root=shipped)
    assert box.read(MANIFEST_TARGET) == canonical_bytes(TWO.manifest)


def _hold(office: PublishingOffice, held: object, done: object) -> None:
    with office.operator().repository.locked():
        held.set()  # type: ignore[attr-defined]
        done.wait(60)  # type: ignore[attr-defined]


def test_two_commands_at_once(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(office, held, done))
    other.start()
    assert held.wait(60)
    served = office.served()
    for command in (refresh, begin_list):
        with pytest.raises(InputError, match="another command is writing") as refusal:
            command(office.operator())
        assert refusal.value.hint
    assert office.served() == served
    office.box()
    done.set()
    other.join()
    refresh(office.operator())


@pytest.mark.parametrize("now", [0, NOW - DAY, NOW + 401 * DAY, 4_102_444_800])
def test_a_clock_that_cannot_be_right_signs_nothing(office: PublishingOffice, now: int) -> None:
    publish(office.operator(), ONE)
    served = office.served()
    with pytest.raises(InputError, match="the clock says") as refusal:
        refresh(office.operator(now=now))
    assert "--clock-is-right" in refusal.value.hint
    assert office.served() == served
    refresh(office.trusting_clock(now=now))
    assert office.versions()["timestamp"] == 2


def test_a_clock_in_1970_makes_no_repository(office: PublishingOffice) -> None:
    with pytest.raises(InputError, match="1970-01-01T00:00:00Z; this program is of 2025-12-01"):
        create(office.operator(now=0))
    assert not office.served()


def test_no_signature_lasts_beyond_the_calendar(office: PublishingOffice) -> None:
    last = 253_402_300_799  # of the year 9999
    for now in (last, last + DAY):
        with pytest.raises(InputError, match="cannot last 730 days"):
            create(office.trusting_clock(now=now))
    assert not office.served()


def test_commands_need_a_repository(office: PublishingOffice) -> None:
    with pytest.raises(InputError, match="holds no repository"):
        refresh(office.operator())


def test_expired_and_expiring_roles_are_told(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    assert office.facts()["warnings"] == []
    (soon,) = office.facts(now=NOW + 6 * DAY)["warnings"]
    assert soon.startswith("timestamp expires on 2026-12-")
    (over,) = office.facts(now=NOW + 7 * DAY)["warnings"]
    assert over.endswith("boxes refuse it")
    assert len(office.facts(now=NOW + 170 * DAY)["warnings"]) == 7


def test_refreshing_goes_on_after_a_failure(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    clock = FakeClock(NOW)
    failures: list[EdgeAgentError] = []
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 4:
            raise KeyboardInterrupt
        clock.advance(3600 if len(waited) != 2 else -7 * DAY)

    with pytest.raises(KeyboardInterrupt):
        keep_refreshing(
            office.operator(),
            refresh,
            failed=failures.append,
            every_seconds=3600,
            clock=clock,
            wait=wait,
        )
    assert waited == [3600] * 4
    assert len(failures) == 2
    assert office.versions()["timestamp"] == 2


def test_a_root_that_was_not_shown_to_the_end_is_shown_by_the_next_command(
    office: PublishingOffice,
) -> None:
    publish(office.operator(), ONE)
    refresh(office.operator(), ["root"])
    (office.directory / "root.json").write_bytes(
        (office.directory / "metadata" / "1.root.json").read_bytes()
    )
    refresh(office.operator())
    assert (office.directory / "root.json").read_bytes() == (
        office.directory / "metadata" / "2.root.json"
    ).read_bytes()
