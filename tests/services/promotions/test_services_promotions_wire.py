"""Nothing that was chosen, shown or hidden changes any byte that leaves, nor when it leaves."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from edgeagent.consent import Purpose
from edgeagent.messages import ReportTask, WatchEvent, canonical_bytes
from edgeagent.messages.creatives import Creative
from edgeagent.messages.targets import CREATIVES_TARGET
from edgeagent.messages.task import GroupDayparts
from edgeagent.services.models.creatives_fetch import fetch_creatives
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from tests.network.signed_repository import SERVER, Servers, SignedRepository
from tests.services.conftest import Box, task
from tests.services.promotions.furnished import (
    LIKED,
    SPACE,
    publish,
    see_taste,
    some_creatives,
)

Make = Callable[..., Box]
BY_GROUP = GroupDayparts(groups=(0, 1, 2, 3) * 4, utc_offset_minutes=60)
TASKS = {"segment": task(), "group_daypart": task(categories=17, by_group=BY_GROUP)}


class Publisher:
    """Shows every box the same creatives, and notes what it is asked for."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._signed = SignedRepository()
        self._signed.now = box.clock.now()
        self._servers = Servers({SERVER: self._signed})
        self.asked = self._servers.asked

    def offer(self, *creatives: Creative) -> None:
        """Publish these, and let the box fetch them; what it asks for is in ``asked``."""
        catalogue = some_catalogue(*creatives, space_id=SPACE)
        self._signed.targets[CREATIVES_TARGET] = canonical_bytes(catalogue)
        for creative in creatives:
            self._signed.targets[creative.asset.path] = picture_of(creative.crid)
        self._signed.publish()
        repository = self._signed.opened(self._box.directory / "models", self._servers)
        fetch_creatives(repository, self._box.agent._home, now=self._box.clock.now())


def lived(make_box: Make, name: str, *, with_promos: bool, asked: ReportTask) -> tuple[object, ...]:
    """Live through a reporting week, and return all that left and all that was booked."""
    box = make_box(name, seed="same")
    box.install(asked)
    box.grant(*Purpose)
    end = box.go_to_end_of_reporting_week()
    box.agent._home.history.add(
        [WatchEvent(entity_id=f"t:{n}", watched_on=box.clock.now() - 40_000 * n) for n in range(9)],
        box.agent.gate.grant(Purpose.HISTORY, profile="main"),
    )
    publisher = Publisher(box)
    publisher.offer(*some_creatives(box))
    if with_promos:
        publish(box, *some_creatives(box))
        see_taste(box, *LIKED)
        for _ in range(12):
            for item in box.agent.promotions.choose("home", number=2, profile="main"):
                box.agent.promotions.shown(item.creative.crid, profile="main")
            box.agent.promotions.hide("creative", "plain", profile="main")
            box.agent.promotions.unhide("creative", "plain", profile="main")
        box.agent.store_showings()
        assert len(box.agent._home.history.showings.read("main", since=0)) == 24, end
    publisher.offer(*(some_creative(name, starts_at=box.clock.now()) for name in "xyz"))
    box.agent.close_week()
    drawn = box.agent.disclosures()
    box.clock.advance(14 * 86_400)
    sent = box.agent.send_reports()
    ledger = box.agent._home.ledger
    return (
        tuple(publisher.asked),
        tuple(map(str, drawn)),
        tuple(map(str, sent)),
        tuple(box.transport.bodies),
        tuple(map(str, ledger.entries())),
        ledger.tip()[0],
    )


@pytest.mark.parametrize("scheme", TASKS)
def test_with_and_without_promos_the_same_bytes_leave_at_the_same_time(
    make_box: Make, scheme: str
) -> None:
    asked = TASKS[scheme]
    plain = lived(make_box, "plain", with_promos=False, asked=asked)
    promoting = lived(make_box, "promoting", with_promos=True, asked=asked)
    assert len(plain[0]) > len(promoting[3]) == 1  # type: ignore[arg-type]
    assert promoting == plain


def test_no_impression_click_or_conversion_is_reported(make_box: Make) -> None:
    """Whatever is done with promos, nothing is sent, and what is fetched has no room for more."""
    box = make_box("one")
    box.install(task())
    box.grant(*(purpose for purpose in Purpose if purpose is not Purpose.REPORTING))
    creatives = some_creatives(box)
    publish(box, *creatives)
    see_taste(box, *LIKED)
    publisher, promotions = Publisher(box), box.agent.promotions
    asked = []
    for _ in range(5):  # weeks, in which they run
        for item in promotions.choose("home", number=2, profile="main"):
            promotions.shown(item.creative.crid, profile="main")
            promotions.why(item.creative.crid, profile="main")
        promotions.hide("creative", "plain", profile="main")
        promotions.unhide("creative", "plain", profile="main")
        box.agent.store_showings()
        publisher.asked.clear()
        publisher.offer(*creatives)
        asked.append(tuple(url.rpartition(".")[2] for url in publisher.asked))
        assert not any(urlsplit(url).query for url in publisher.asked)
        box.agent.close_week()
        assert box.agent.send_reports() == ()
        box.clock.advance(7 * 86_400)
    assert box.transport.bodies == []
    assert box.agent.disclosures() == ()
    assert len({*asked[1:]}) == 1
    assert len(box.agent._home.history.showings.read("main", since=0)) == 10
