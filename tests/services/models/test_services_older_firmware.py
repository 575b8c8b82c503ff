"""Firmware that meets a kind of report task it does not know: it says so and loses nothing."""

from __future__ import annotations

import json
from typing import Literal

import msgspec
import pytest

from edgeagent.consent import Purpose
from edgeagent.errors import MalformedMessage
from edgeagent.messages import ModelManifest, Segmenter, canonical_bytes
from edgeagent.messages.codec import KeptMessage, Message
from edgeagent.messages.fields import Obstacle
from edgeagent.messages.targets import TASK_TARGET
from edgeagent.messages.task import GroupDayparts
from edgeagent.services.state_store import StateStore
from tests.services.conftest import Box, task
from tests.services.models.shown import Shop, ShownBox

BY_GROUP = GroupDayparts(groups=(0, 1, 2, 3) * 4, utc_offset_minutes=60)


class TaskOfBefore(Message, frozen=True, kw_only=True):
    """A report task as firmware reads it that counts by segment only."""

    mechanism: str
    categories: int
    odds_numerator: int
    odds_denominator: int
    epoch: int
    first_week: int
    segmenter: Segmenter
    sensitive: tuple[int, ...] = ()


class InstallationOfBefore(KeptMessage, frozen=True, kw_only=True):
    """What that firmware reads and writes of what is installed."""

    current: ModelManifest | None = None
    task: TaskOfBefore | None = None
    checked_at: int | None = None


def before(box: Box) -> StateStore[InstallationOfBefore]:
    ledger = box.agent._home.ledger
    return StateStore(ledger, "installation", InstallationOfBefore, cap_bytes=512 * 1024)


def test_firmware_of_before_has_no_task_and_the_next_finds_it_again(box: Box) -> None:
    box.install(task(categories=17, by_group=BY_GROUP))
    asked = box.agent.installation().task
    assert asked is not None
    older = before(box)
    assert older.load().task is None
    older.update(checked_at=5)
    assert box.agent.installation().task == asked
    assert box.agent.installation().checked_at == 5


def test_the_task_that_firmware_of_before_took_meanwhile_is_the_newer_one(box: Box) -> None:
    box.install(task())
    by_segment = before(box).load().task
    assert by_segment is not None
    box.install(task(categories=17, by_group=BY_GROUP))
    before(box).update(task=by_segment)
    found = box.agent.installation().task
    assert found is not None
    assert found.scheme == "segment"
    assert msgspec.to_builtins(found)["epoch"] == by_segment.epoch


@pytest.mark.parametrize("how", ["a field of a later version", "a scheme of a later version"])
def test_a_task_of_a_later_version_is_refused_and_what_is_there_stays(
    shown_box: ShownBox, shop: Shop, how: Literal["a field", "a scheme"]
) -> None:
    shown_box.update(shop.signed)
    for purpose in (Purpose.HISTORY, Purpose.REPORTING):
        shown_box.agent.grant(purpose)
    there = shown_box.installed
    shop.offer(2)
    plain = json.loads(shop.signed.targets[TASK_TARGET])
    later = {"by_weather": {}} if how.startswith("a field") else {"by_group": {"weather": 4}}
    shop.signed.targets[TASK_TARGET] = canonical_bytes(plain | later)
    shop.signed.publish()
    with pytest.raises(MalformedMessage, match="none that this version knows") as refused:
        shown_box.update(shop.signed)
    assert "install the edgeagent that knows it" in refused.value.hint
    now = shown_box.installed
    assert (now.current, now.task) == (there.current, there.task)
    assert shown_box.agent.disclosures() == ()
    shop.offer(2)
    shop.signed.publish()
    shown_box.update(shop.signed)
    assert shown_box.active == "2.0"


def test_without_a_task_nothing_is_drawn(box: Box) -> None:
    box.install(task(categories=17, by_group=BY_GROUP))
    box.grant(Purpose.HISTORY, Purpose.REPORTING)
    week = box.go_to_end_of_reporting_week()
    store = box.agent._installations
    store.change(lambda now: now.with_task(None))
    obstacle = box.agent.reports.obstacle(week)
    assert obstacle is not None
    assert obstacle[0] is Obstacle.TASK
    assert box.agent.close_week().outcome == "silent"
    assert box.agent._home.ledger.debits() == ()
