"""Every act of deletion by a person, and acts that delete nothing, as methods of the agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edgeagent.consent import Purpose
from edgeagent.services.upkeep.export_format import BoxExport
from edgeagent.store import ViewingSpan
from tests.services.conftest import Box

__all__ = ["DELETIONS", "NO_DELETIONS", "Act"]

Act = Callable[[Box], object]


def _forget_what_was_watched(box: Box) -> object:
    return box.agent.title_marks.forget("t:1", profile="main")


def _forget_what_was_not(box: Box) -> object:
    return box.agent.title_marks.forget("t:never", profile="main")


def _forget_a_span_in_which_was_watched(box: Box) -> object:
    return box.agent.history.forget(ViewingSpan(since=0), profile="main")


def _forget_a_span_in_which_was_not(box: Box) -> object:
    return box.agent.history.forget(ViewingSpan(since=0, until=1), profile="main")


def _erase_everybodys_history(box: Box) -> object:
    return box.agent.erasure.erase_history()


def _erase_an_empty_history(box: Box) -> object:
    box.agent.household.create("bea", kind="adult")
    return box.agent.erasure.erase_history(profile="bea")


def _erase_a_profile(box: Box) -> object:
    box.agent.household.create("bea", kind="adult")
    return box.agent.erasure.erase_profile("bea")


def _withdraw_history(box: Box) -> object:
    return box.agent.withdraw(Purpose.HISTORY)


def _withdraw_what_was_never_granted(box: Box) -> object:
    return box.agent.withdraw(Purpose.PERSONALIZATION, profile="main")


def _another_withdraws_history(box: Box) -> object:
    box.agent.household.create("bea", kind="adult")
    box.agent.grant(Purpose.HISTORY, profile="bea")
    return box.agent.withdraw(Purpose.HISTORY, profile="bea")


def _another_withdraws_reporting(box: Box) -> object:
    box.agent.household.create("bea", kind="adult")
    box.agent.grant(Purpose.REPORTING, profile="bea")
    return box.agent.withdraw(Purpose.REPORTING, profile="bea")


def _switch_everything_off(box: Box) -> object:
    return box.agent.household.switch_everything_off()


def _keep_less(box: Box) -> object:
    return box.agent.retention.choose(100)


def _import_a_shorter_retention(box: Box) -> object:
    return box.agent.portability.import_(_export(box, retention_days=100))


def _hide(box: Box) -> None:
    """As ``TitleMarks.hide``, which wants a catalogue."""
    box.agent._home.history.set_mark("main", "t:1", "hidden", at=box.clock.now())
    box.agent._home.history.drop_picks("main")


def _withdraw_promotion(box: Box) -> object:
    return box.agent.withdraw(Purpose.PROMOTION)


def _keep_more(box: Box) -> object:
    return box.agent.retention.choose(None)


def _import_a_longer_retention(box: Box) -> object:
    return box.agent.portability.import_(_export(box, retention_days=None))


def _prune(box: Box) -> object:
    return box.agent.housekeeping()


def _export(box: Box, *, retention_days: int | None) -> BoxExport:
    return BoxExport(
        exported_at=box.clock.now(),
        active_profile="main",
        retention_days=retention_days,
        profiles=(),
        consents=(),
        ledger=(),
        reports=(),
    )


def _named(*acts: Act) -> Mapping[str, Act]:
    return {act.__name__.strip("_"): act for act in acts}


DELETIONS = _named(
    _forget_what_was_watched,
    _forget_what_was_not,
    _forget_a_span_in_which_was_watched,
    _forget_a_span_in_which_was_not,
    _erase_everybodys_history,
    _erase_an_empty_history,
    _erase_a_profile,
    _withdraw_history,
    _withdraw_what_was_never_granted,
    _another_withdraws_history,
    _another_withdraws_reporting,
    _switch_everything_off,
    _keep_less,
    _import_a_shorter_retention,
)
NO_DELETIONS = _named(_hide, _withdraw_promotion, _keep_more, _import_a_longer_retention, _prune)
