"""An import passes the gate of recording, and ends when a person deletes or withdraws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, EdgeAgentError, StorageError
from edgeagent.messages import WatchEvent
from edgeagent.services.private_viewing.private_session import PrivateSession
from edgeagent.services.upkeep.export_format import BoxExport, ExportedMark, ExportedViewing
from edgeagent.services.upkeep.import_gate import Intake, LeftOut
from tests.services.acts import DELETIONS, NO_DELETIONS, Act
from tests.services.conftest import Box

BATCH = 1000


def file_of(box: Box, *viewings: ExportedViewing) -> BoxExport:
    export = box.agent.portability.export()
    (main, *others) = export.profiles
    mark = ExportedMark(entity_id="t:5", mark="not_reason", marked_at=box.clock.now())
    filled = msgspec.structs.replace(main, viewings=viewings, marks=(mark,))
    return msgspec.structs.replace(export, profiles=(filled, *others))


def viewing(entity_id: str, watched_on: int, *, teen: bool = False) -> ExportedViewing:
    return ExportedViewing(
        entity_id=entity_id,
        watched_on=watched_on,
        progress_fraction=None,
        progress_seconds=None,
        completed=True,
        source="watched",
        teen=teen,
    )


def listed(box: Box) -> list[str]:
    return [one.entity_id for one in box.agent._home.history.window("main", limit=10_000)]


def test_what_recording_would_not_keep_is_left_out_and_counted(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.agent.private.start(10)
    box.clock.advance(300)
    box.agent.private.stop()
    box.clock.advance(3600)
    now, over_age = box.clock.now(), 366 * DAY_SECONDS
    done = box.agent.portability.import_(
        file_of(
            box,
            viewing("t:kept", now),
            viewing("t:just", box.agent.retention.shown_from()),
            viewing("t:private", now - 3700),
            viewing("t:2100", 4_102_444_800),
            viewing("t:soon", now + 1),
            viewing("t:old", now - over_age),
            viewing("t:teen", now, teen=True),
        )
    )
    assert done.left_out == LeftOut(future=2, over_age=1, private=1, audience=1)
    assert done.viewings == 2
    assert listed(box) == ["t:just", "t:kept"]


def test_during_a_private_session_no_viewing_is_taken_in(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    given = file_of(box, viewing("t:1", box.clock.now() - 100 * DAY_SECONDS))
    box.agent.private.start(10)
    done = box.agent.portability.import_(given)
    assert (done.viewings, done.left_out.private) == (0, 1)
    assert listed(box) == []
    box.agent.private.stop()
    assert box.agent.portability.import_(given).viewings == 1
    assert listed(box) == ["t:1"]


def test_a_private_session_that_begins_during_an_import_ends_the_taking_in(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    given = long_file(box)

    done = box.agent.portability.import_(
        given, progress=at_half(lambda: box.agent.private.start(10))
    )
    assert (done.viewings, done.left_out.private) == (BATCH, BATCH)
    assert len(listed(box)) == BATCH


def at_half(act: Callable[[], object]) -> Callable[[int, int], None]:
    def progress(done: int, _total: int) -> None:
        if done == BATCH:
            act()

    return progress


def long_file(box: Box) -> BoxExport:
    """Two batches, each with a viewing of the title that acts of deletion forget."""
    began = box.clock.now() - 90 * DAY_SECONDS
    titles = ("t:1", *("t:other",) * (BATCH - 1)) * 2
    return file_of(box, *(viewing(title, began + n) for n, title in enumerate(titles)))


@pytest.mark.parametrize("act", [*DELETIONS.values()], ids=[*DELETIONS])
def test_an_act_of_deletion_during_an_import_ends_it(box: Box, act: Act) -> None:
    box.grant(Purpose.HISTORY)
    given = long_file(box)
    with pytest.raises(EdgeAgentError, match=f"{BATCH} viewings had been imported"):
        box.agent.portability.import_(given, progress=at_half(lambda: act(box)))
    assert len(listed(box)) <= BATCH


@pytest.mark.parametrize("act", [*NO_DELETIONS.values()], ids=[*NO_DELETIONS])
def test_an_act_that_deletes_nothing_does_not(box: Box, act: Act) -> None:
    box.grant(Purpose.HISTORY)
    given = long_file(box)
    done = box.agent.portability.import_(given, progress=at_half(lambda: act(box)))
    assert done.viewings == 2 * BATCH


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda box: box.agent.withdraw(Purpose.HISTORY), ConsentRequired),
        (lambda box: box.agent.title_marks.forget("t:1", profile="main"), StorageError),
    ],
    ids=["withdraw", "forget"],
)
def test_what_was_deleted_does_not_come_back_in_the_batch_that_is_under_way(
    box: Box, act: Callable[[Box], object], error: type[EdgeAgentError]
) -> None:
    """Between the grant and the transaction of a batch: another process has all that time."""
    box.grant(Purpose.HISTORY)
    agent = box.agent
    private = _Acting(agent.private, lambda: act(box))
    intake = Intake(replace(agent._box, private=private))
    event = WatchEvent(entity_id="t:1", watched_on=box.clock.now())
    with pytest.raises(error, match="0 viewings had been imported"):
        intake.store("main", [event])
    assert listed(box) == []
    box.reopen()
    assert listed(box) == []


def test_a_mark_does_not_come_back_after_an_act_of_deletion(box: Box) -> None:
    intake = Intake(box.agent._box)
    box.agent.title_marks.forget("t:1", profile="main")
    with pytest.raises(StorageError, match="deleted or withdrawn during the import"):
        intake.mark("main", ExportedMark(entity_id="t:1", mark="hidden", marked_at=1))
    assert box.agent._home.history.marked("main") == ()


def test_a_mark_that_was_imported_is_reached_by_a_later_deletion(box: Box) -> None:
    box.grant(Purpose.HISTORY)
    box.agent.portability.import_(file_of(box))
    assert [mark.entity_id for mark in box.agent._home.history.marked("main")] == ["t:5"]
    box.agent.withdraw(Purpose.HISTORY)
    assert box.agent._home.history.marked("main") == ()


def test_a_retention_that_is_no_shorter_deletes_nothing(box: Box) -> None:
    box.agent.retention.choose(100)
    given, last = file_of(box), box.agent._home.ledger.deletions.last()
    box.agent.portability.import_(given)
    assert box.agent._home.ledger.deletions.last() == last
    assert box.agent.retention.kept().chosen_days == 100


class _Acting:
    """A private session that is not on; something else happens while it is asked."""

    def __init__(self, usual: PrivateSession, act: Callable[[], object]) -> None:
        self._usual = usual
        self._act = act
        self.start, self.stop, self.last_change = usual.start, usual.stop, usual.last_change
        self.covers, self.require_certain = usual.covers, usual.require_certain

    def ends_at(self) -> int | None:
        self._act()
        return self._usual.ends_at()
