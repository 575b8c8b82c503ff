from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeagent.consent import Purpose
from edgeagent.errors import DiskFull, InputError, StorageError
from edgeagent.messages import WatchEvent
from edgeagent.services.upkeep.box_erasure import erase_box
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.store import CommandKeyProvider, FileKeyProvider
from edgeagent.store.home_files import KEY_FILE_NAME
from edgeagent.testing.box import Box as PlainBox
from tests.security.test_security_canaries import CANARY, _canaries, _decrypted
from tests.services.conftest import Box


class PowerLostError(BaseException):
    """Nothing catches it, as nothing catches a power cut."""


def fill(box: Box) -> None:
    """Main and a canary of a profile have viewings, marks and consents; a report waits."""
    agent = box.agent
    agent.household.create(CANARY, kind="adult")
    for profile in ("main", CANARY):
        box.grant(Purpose.HISTORY, Purpose.REPORTING, profile=profile)
        now = box.clock.now()
        agent.record_watch(
            [
                WatchEvent(entity_id=f"{CANARY} {n}", watched_on=now - n, profile=profile)
                for n in range(100)
            ]
        )
        agent.title_marks.hide(CANARY, profile=profile)
    PlainBox(box.directory).book(
        agent._home.ledger, agent._home.ledger.genesis.first_reportable_week
    )


def canaries_in(box: Box) -> set[str]:
    """Return the files that hold a canary for someone who has the keys; the ledger keeps names."""
    found = _canaries(_decrypted(PlainBox(box.directory)))
    return {name for name in found if not name.startswith("ledger.")}


def counts(box: Box) -> dict[str, int]:
    history = box.agent._home.history
    return {profile.name: history.count(profile.name) for profile in history.profiles()}


def history_key(box: Box) -> bytes:
    return (box.directory / "history.key").read_bytes()


def old_pages_are_gone(box: Box, before: dict[str, bytes]) -> bool:
    """Put the old history back: it does not open any more."""
    box.agent.close()
    now = PlainBox(box.directory).files()
    (box.directory / "history.db").write_bytes(before["history.db"])
    box.agent = box.open()
    opens = box.agent._home.history_opens()
    box.agent.close()
    (box.directory / "history.db").write_bytes(now["history.db"])
    box.agent = box.open()
    return not opens


def before_erasing(box: Box) -> dict[str, bytes]:
    fill(box)
    box.reopen()
    assert box.agent._home.history_opens()
    return PlainBox(box.directory).files()


def test_erased_history_is_in_no_page_and_the_old_file_does_not_open(box: Box) -> None:
    before = before_erasing(box)
    assert canaries_in(box)
    receipt = box.agent.erasure.erase_history()
    assert counts(box) == {"main": 0, CANARY: 0}
    box.agent._home.history.rename_profile(CANARY, "anna")  # which is no part of a history
    assert canaries_in(box) == set()
    assert old_pages_are_gone(box, before)
    assert (receipt.scope, receipt.reason) == ("history", "user_request")
    assert "earlier" in receipt.copies
    assert receipt.data_keys_destroyed


def test_history_of_one_profile_leaves_the_others(box: Box) -> None:
    fill(box)
    box.agent.erasure.erase_history(profile="main")
    assert counts(box) == {"main": 0, CANARY: 100}
    assert box.agent.title_marks.marked(profile="main") == ()
    assert len(box.agent.title_marks.marked(profile=CANARY)) == 1
    assert box.agent.gate.holds(Purpose.HISTORY, profile="main")


def test_loss_of_consent_withdraws_what_was_granted(box: Box) -> None:
    fill(box)
    box.agent.erasure.erase_history(profile="main", reason="loss_of_consent")
    assert not any(box.agent.gate.holds(purpose, profile="main") for purpose in Purpose)
    assert box.agent.gate.holds(Purpose.HISTORY, profile=CANARY)
    assert box.agent._home.ledger.outbox() == ()  # the session drawn may have been main's
    box.agent.erasure.erase_history(reason="loss_of_consent")
    assert not box.agent.gate.holds(Purpose.HISTORY, profile=CANARY)
    assert box.agent._home.ledger.outbox() == ()


def test_an_erased_profile_leaves_decisions_ledger_and_disclosures(box: Box) -> None:
    before = before_erasing(box)
    box.agent.household.switch(CANARY)
    receipt = box.agent.erasure.erase_profile(CANARY)
    assert counts(box) == {"main": 100}
    assert box.agent.household.active == "main"
    assert not any(box.agent.gate.holds(purpose, profile=CANARY) for purpose in Purpose)
    assert box.agent.gate.holds(Purpose.HISTORY, profile="main")
    assert len(box.agent.disclosures()) == 1
    box.agent._home.ledger.check()
    assert old_pages_are_gone(box, before)
    box.agent.erasure.erase_history()
    assert canaries_in(box) == set()
    assert CANARY not in repr(receipt)


def test_main_is_emptied_never_removed(box: Box) -> None:
    fill(box)
    box.agent.erasure.erase_profile("main")
    assert counts(box) == {"main": 0, CANARY: 100}
    assert not box.agent.gate.holds(Purpose.HISTORY, profile="main")


def test_nobody_is_not_erased(box: Box) -> None:
    fill(box)
    key = history_key(box)
    with pytest.raises(InputError, match="no profile 'nobody'"):
        box.agent.erasure.erase_profile("nobody")
    assert history_key(box) == key


STEPS = (
    *("note the intent", "delete", "empty the log", "write the new key", "copy"),
    *("exchange the database", "destroy the old key", "exchange the key", "forget the intent"),
)


def test_these_are_all_steps(box: Box) -> None:
    fill(box)
    steps: list[str] = []
    box.agent.erasure.erase_profile(CANARY, step=steps.append)
    assert tuple(steps) == STEPS


@pytest.mark.parametrize("cut", STEPS[1:])
def test_an_interrupted_erasure_is_finished_at_the_next_start(box: Box, cut: str) -> None:
    before = before_erasing(box)
    box.agent.household.switch(CANARY)

    def step(name: str) -> None:
        if name == cut:
            raise PowerLostError

    with pytest.raises(PowerLostError):
        box.agent.erasure.erase_profile(CANARY, step=step)
    box.reopen()
    assert counts(box) == {"main": 100}
    assert box.agent.household.active == "main"
    assert not box.agent.gate.holds(Purpose.HISTORY, profile=CANARY)
    assert not [name for name in PlainBox(box.directory).files() if "next" in name]
    assert old_pages_are_gone(box, before)
    key = history_key(box)
    box.reopen()
    assert history_key(box) == key  # once, not at every start


def test_an_erasure_cut_before_it_was_noted_never_was(box: Box) -> None:
    fill(box)

    def step(name: str) -> None:
        raise PowerLostError(name)

    with pytest.raises(PowerLostError, match="note the intent"):
        box.agent.erasure.erase_history(step=step)
    box.reopen()
    assert counts(box) == {"main": 100, CANARY: 100}


@pytest.mark.parametrize("lost", ["history.key", "history.db"])
def test_a_history_that_does_not_open_is_erased_all_the_same(box: Box, lost: str) -> None:
    fill(box)
    box.agent.close()
    (box.directory / lost).write_bytes(b"broken" * 1000)
    box.agent = box.open()
    with pytest.raises(StorageError):
        box.agent.erasure.erase_profile("main")  # cannot be told from the others
    box.agent.erasure.erase_history(reason="loss_of_consent")
    assert counts(box) == {"main": 0}
    assert not box.agent.gate.holds(Purpose.HISTORY, profile="main")
    assert len(box.agent.disclosures()) == 1


def test_a_broken_ledger_does_not_keep_what_is_to_be_erased(box: Box) -> None:
    fill(box)
    box.agent.close()
    (box.directory / "ledger.anchor").write_bytes(b"{}")
    box.agent = box.open()
    box.agent.erasure.erase_history(reason="loss_of_consent")
    assert counts(box) == {"main": 0, CANARY: 0}


# The whole box


def erase_all(box: Box, **more: object) -> ErasureReceipt:
    provider = FileKeyProvider(box.directory / KEY_FILE_NAME)
    now = box.clock.now()
    return erase_box(box.directory, provider=provider, now=now, **more)  # type: ignore[arg-type]


def expect_new_box(box: Box) -> None:
    before = box.clock.now()
    box.agent = box.open()
    assert counts(box) == {"main": 0}
    assert box.agent._home.ledger.consents() == ()
    assert box.agent.disclosures() == ()
    genesis = box.agent._home.ledger.genesis
    assert genesis.created_at == before
    assert box.agent.close_week().outcome == "silent"
    assert not (box.directory / "erasing").exists()


@pytest.mark.parametrize("lost", [(), (KEY_FILE_NAME,), ("ledger.key", "history.key"), ("lock",)])
def test_nothing_of_an_erased_box_is_left_but_its_settings(box: Box, lost: tuple[str, ...]) -> None:
    fill(box)
    box.agent.close()
    (box.directory / "config.toml").write_text('language = "en"\n')
    (box.directory / "models" / "targets").mkdir(parents=True)
    (box.directory / "models" / "targets" / "a").write_bytes(b"model")
    (box.directory / "history.db.damaged-2026-01-12T000000Z").write_bytes(b"old")
    (box.directory / "notes.txt").write_text("not ours")
    for name in lost:
        (box.directory / name).unlink()
    receipt = erase_all(box)
    left = {path.name for path in box.directory.iterdir()}
    assert left == {"config.toml", "notes.txt"}
    assert receipt.key_encryption_key_destroyed
    assert "best effort" in receipt.copies
    assert receipt.kept == ("settings",)
    expect_new_box(box)


def test_all_is_erased_at_the_next_start_wherever_it_was_cut(box: Box) -> None:
    steps: list[str] = []
    fill(box)
    box.agent.close()
    erase_all(box, step=steps.append)
    assert steps[:4] == [
        "mark",
        "destroy a data key",
        "destroy a data key",
        "destroy the key-encryption key",
    ]
    assert steps[-1] == "remove the marker"
    for cut in range(1, len(steps)):
        expect_new_box(box)
        box.clock.advance(1)
        fill(box)
        box.agent.close()
        left = iter(range(cut))

        def step(name: str, left: object = left) -> None:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise PowerLostError(name)

        with pytest.raises(PowerLostError):
            erase_all(box, step=step)
        box.clock.advance(1)
    expect_new_box(box)


def test_keys_go_first(box: Box) -> None:
    fill(box)
    box.agent.close()

    def step(name: str) -> None:
        if name == "remove a file":
            raise PowerLostError

    with pytest.raises(PowerLostError):
        erase_all(box, step=step)
    left = set(PlainBox(box.directory).files())
    assert {"history.db", "ledger.db"} <= left
    assert not [name for name in left if "key" in name or "kek" in name]


def test_a_provider_that_cannot_destroy_its_key_is_owned_up_to(box: Box) -> None:
    fill(box)
    box.agent.close()
    for provider in (
        CommandKeyProvider(["true"]),
        CommandKeyProvider(["true"], erase_command=["false"]),
    ):
        receipt = erase_box(box.directory, provider=provider, now=1)
        assert not receipt.key_encryption_key_destroyed
        assert "a copy made earlier opens on this box" in receipt.copies
    receipt = erase_box(
        box.directory, provider=CommandKeyProvider(["true"], erase_command=["true"]), now=1
    )
    assert receipt.key_encryption_key_destroyed
    assert receipt.copies == "a copy made earlier does not open any more"


def test_where_there_is_no_home_there_is_nothing_to_erase(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "kek")
    with pytest.raises(InputError, match="is not an edgeagent home"):
        erase_box(tmp_path / "nowhere", provider=provider, now=1)


def test_whatever_stands_under_our_names_is_removed(box: Box) -> None:
    fill(box)
    box.agent.close()
    (box.directory / "ledger.stubborn").mkdir()
    (box.directory / "models").write_bytes(b"a file where a directory should be")
    erase_all(box)
    assert list(box.directory.iterdir()) == []


def test_an_erasure_that_is_refused_leaves_no_order_behind(box: Box) -> None:
    fill(box)
    before = counts(box)
    box.agent.close()
    (box.directory / "lock").unlink()
    (box.directory / "lock").mkdir()
    with pytest.raises(DiskFull) as refused:
        erase_all(box)
    assert "has begun" not in str(refused.value)
    assert not (box.directory / "erasing").exists()
    (box.directory / "lock").rmdir()
    box.agent = box.open()
    assert counts(box) == before


def test_an_erasure_that_stops_half_way_says_so_and_nothing_opens_before_it_is_done(
    box: Box,
) -> None:
    fill(box)
    box.agent.close()

    def step(name: str) -> None:
        if name == "destroy the key-encryption key":
            raise DiskFull("it stopped", hint="make room")

    with pytest.raises(DiskFull, match="has begun"):
        erase_all(box, step=step)
    (box.directory / "lock").unlink()
    (box.directory / "lock").mkdir()
    with pytest.raises(DiskFull, match="has begun; nothing opens"):
        box.open()
    (box.directory / "lock").rmdir()
    expect_new_box(box)


def test_links_and_pipes_under_the_names_of_keys_are_removed_unread(
    box: Box, tmp_path: Path
) -> None:
    box.agent.close()
    other = tmp_path / "other"
    other.write_bytes(b"another user's")
    (box.directory / "history.key.next").symlink_to(other)
    os.mkfifo(box.directory / "kek.next")
    erase_all(box)
    assert list(box.directory.iterdir()) == []
    assert other.read_bytes() == b"another user's"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_key_that_cannot_be_destroyed_refuses_before_anything_is(box: Box) -> None:
    fill(box)
    before = counts(box)
    box.agent.close()
    (box.directory / "kek").chmod(0o400)
    with pytest.raises(DiskFull, match="kek"):
        erase_all(box)
    assert not (box.directory / "erasing").exists()
    box.agent = box.open()
    assert counts(box) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_said(box: Box) -> None:
    box.agent.close()
    box.directory.chmod(0o500)
    try:
        with pytest.raises(DiskFull):
            erase_all(box)
    finally:
        box.directory.chmod(0o700)
