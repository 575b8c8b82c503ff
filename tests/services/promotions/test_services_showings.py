"""The log of what was shown: kept under consent, in batches, reached by every act of deletion."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, StorageError
from edgeagent.messages import canonical_bytes
from edgeagent.messages.fields import MAIN_PROFILE
from edgeagent.promotion.showing import Showing
from edgeagent.services.upkeep.export_format import decode_export
from tests.services.conftest import Box
from tests.services.promotions.furnished import BOTH, chosen, publish, some_creatives


@pytest.fixture
def logging(box: Box) -> Box:
    """A box that logs."""
    box.install()
    box.grant(Purpose.HISTORY, *BOTH)
    publish(box, *some_creatives(box))
    return box


def show(box: Box, crid: str, times: int = 1, *, profile: str = MAIN_PROFILE) -> None:
    for _ in range(times):
        box.agent.promotions.shown(crid, profile=profile)


def stored(box: Box, profile: str = MAIN_PROFILE) -> list[str]:
    rows: tuple[Showing, ...] = box.agent._home.history.showings.read(profile, since=0)
    return [showing.crid for showing in rows]


def logged(box: Box, profile: str = MAIN_PROFILE) -> list[str]:
    return [showing.crid for showing in box.agent.promotions.log(profile=profile)]


def test_it_is_written_in_batches_and_at_the_end(logging: Box) -> None:
    show(logging, "plain", 7)
    assert (len(logged(logging)), stored(logging)) == (7, [])
    show(logging, "plain")
    assert stored(logging) == ["plain"] * 8
    show(logging, "house")
    assert stored(logging) == ["plain"] * 8
    logging.reopen()
    assert stored(logging) == logged(logging) == [*["plain"] * 8, "house"]


def test_a_creative_never_becomes_a_viewing(logging: Box) -> None:
    show(logging, "plain", 8)
    assert logging.agent._home.history.window(MAIN_PROFILE) == ()
    assert logging.agent._home.history.count(MAIN_PROFILE) == 0


DELETIONS: dict[str, Callable[[Box], object]] = {
    "withdraw promotion": lambda box: box.agent.withdraw(Purpose.PROMOTION),
    "withdraw personalization": lambda box: box.agent.withdraw(Purpose.PERSONALIZATION),
    "withdraw history": lambda box: box.agent.withdraw(Purpose.HISTORY),
    "forget a title": lambda box: box.agent.title_marks.forget("t:1", profile=MAIN_PROFILE),
    "erase the history": lambda box: box.agent.erasure.erase_history(),
    "erase another's history": lambda box: box.agent.erasure.erase_history(profile="two"),
    "another withdraws": lambda box: box.agent.withdraw(Purpose.PERSONALIZATION, profile="two"),
}


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("name", DELETIONS)
def test_every_deletion_reaches_what_is_older_and_nothing_newer(
    logging: Box, name: str, *, waits: bool
) -> None:
    logging.agent.household.create("two", kind="adult")
    logging.grant(*BOTH, profile="two")
    show(logging, "plain", 3)
    show(logging, "house", 1, profile="two")
    if not waits:
        logging.agent.store_showings()
    DELETIONS[name](logging)
    logging.grant(Purpose.HISTORY, *BOTH)
    show(logging, "other")
    assert logged(logging) == ["other"]
    logging.agent.store_showings()
    assert (stored(logging), stored(logging, "two")) == (["other"], [])
    logging.reopen()  # what a start redoes finds nothing more
    assert (stored(logging), stored(logging, "two")) == (["other"], [])


def test_withdrawing_promotion_calls_no_report_off(logging: Box) -> None:
    last = logging.agent._home.ledger.deletions.last()
    logging.agent.withdraw(Purpose.PROMOTION)
    assert logging.agent._home.ledger.deletions.last() == last


def test_hiding_survives_a_withdrawal_of_promotion_and_goes_with_the_history(logging: Box) -> None:
    logging.agent.promotions.hide("creative", "plain", profile=MAIN_PROFILE)
    logging.agent.withdraw(Purpose.PROMOTION)
    assert len(logging.agent.promotions.hidden(profile=MAIN_PROFILE)) == 1
    logging.agent.erasure.erase_history()
    assert logging.agent.promotions.hidden(profile=MAIN_PROFILE) == ()


def test_it_ages_as_viewings_do(logging: Box) -> None:
    show(logging, "plain", 8)
    logging.clock.advance(364 * DAY_SECONDS)
    assert len(logged(logging)) == 8
    logging.clock.advance(2 * DAY_SECONDS)
    assert logged(logging) == []
    logging.agent.housekeeping()
    assert stored(logging) == []


def test_a_private_session_leaves_nothing_and_starts_from_nothing(logging: Box) -> None:
    show(logging, "plain", 8)
    before = logging.agent._home.history.showings.read(MAIN_PROFILE, since=0)
    answer = chosen(logging, 4)
    logging.agent.private.start(60)
    contextual = chosen(logging, 4)
    show(logging, "house", 9)
    assert logged(logging) == []
    assert contextual == chosen(logging, 4)
    logging.agent.private.stop()
    assert logging.agent._home.history.showings.read(MAIN_PROFILE, since=0) == before
    assert chosen(logging, 4) == answer
    assert logging.agent.promotions._counts.remembered("private") == ()


def test_a_profile_takes_its_log_along(logging: Box) -> None:
    logging.agent.household.create("two", kind="adult")
    logging.grant(*BOTH, profile="two")
    show(logging, "plain", 8, profile="two")
    logging.agent.promotions.hide("creative", "house", profile="two")
    logging.agent.household.rename("two", "three")
    assert stored(logging, "three") == ["plain"] * 8
    assert len(logging.agent.promotions.hidden(profile="three")) == 1
    logging.agent.erasure.erase_profile("three")
    assert stored(logging, "three") == []


def test_what_waits_for_a_profile_that_is_gone_is_dropped(logging: Box) -> None:
    logging.agent.household.create("two", kind="adult")
    logging.grant(*BOTH, profile="two")
    show(logging, "plain", profile="two")
    other = logging.open()
    with pytest.raises(StorageError, match="in use"):  # by this one: the rest is done later
        other.erasure.erase_profile("two")
    other.close()
    show(logging, "house")
    logging.agent.store_showings()
    assert (stored(logging), stored(logging, "two")) == (["house"], [])


def test_storing_asks_for_the_grant_of_this_purpose(logging: Box) -> None:
    grant = logging.agent.gate.grant(Purpose.HISTORY, profile=MAIN_PROFILE)
    with pytest.raises(ConsentRequired, match="does not cover promotion"):
        logging.agent._home.history.showings.add((), grant, after=0, still=lambda: True)


def test_memories_are_bounded(box: Box) -> None:
    publish(box, *some_creatives(box))
    for app in range(40):
        box.agent.promotions.shown("plain", profile=MAIN_PROFILE, app=f"{app}")
    show(box, "plain", 1001)
    screen = box.agent.promotions._counts
    assert len(screen.remembered(f"profile {MAIN_PROFILE}")) == 1000
    assert screen.remembered("app 0") == ()
    assert len(screen.remembered("app 39")) == 1


def test_export_holds_it_and_import_takes_over_what_is_hidden(
    logging: Box, make_box: Callable[..., Box]
) -> None:
    show(logging, "plain", 8)
    logging.agent.promotions.hide("advertiser", "acme", profile=MAIN_PROFILE)
    exported = decode_export(canonical_bytes(logging.agent.portability.export()))
    [main] = exported.profiles
    assert [item.crid for item in main.shown] == ["plain"] * 8
    [mark] = main.hidden_creatives
    assert (mark.kind, mark.name) == ("advertiser", "acme")
    other = make_box("other")
    other.grant(*BOTH)
    other.agent.portability.import_(exported)
    assert other.agent.promotions.hidden(profile=MAIN_PROFILE) == (
        logging.agent.promotions.hidden(profile=MAIN_PROFILE)
    )
    assert stored(other) == []  # caps are those of one screen
    # Without any of it the file is what an earlier release reads.
    plain = canonical_bytes(make_box("plain").agent.portability.export())
    assert b"shown" not in plain
    assert b"hidden_creatives" not in plain
