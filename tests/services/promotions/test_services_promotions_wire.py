"""Nothing that was chosen, shown or hidden changes any byte that leaves, nor when it leaves."""

from __future__ import annotations

from collections.abc import Callable

from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from tests.services.conftest import Box
from tests.services.promotions.furnished import LIKED, publish, see_taste, some_creatives

Make = Callable[..., Box]


def lived(make_box: Make, name: str, *, with_promos: bool) -> tuple[object, ...]:
    """Live through a reporting week, and return all that left and all that was booked."""
    box = make_box(name, seed="same")
    box.install()
    box.grant(*Purpose)
    end = box.go_to_end_of_reporting_week()
    box.agent._home.history.add(
        [WatchEvent(entity_id=f"t:{n}", watched_on=box.clock.now() - 40_000 * n) for n in range(9)],
        box.agent.gate.grant(Purpose.HISTORY, profile="main"),
    )
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
    box.agent.close_week()
    drawn = box.agent.disclosures()
    box.clock.advance(14 * 86_400)
    sent = box.agent.send_reports()
    ledger = box.agent._home.ledger
    return (
        tuple(map(str, drawn)),
        tuple(map(str, sent)),
        tuple(box.transport.bodies),
        tuple(map(str, ledger.entries())),
        ledger.tip()[0],
    )


def test_with_and_without_promos_the_same_bytes_leave_at_the_same_time(make_box: Make) -> None:
    plain = lived(make_box, "plain", with_promos=False)
    assert lived(make_box, "promoting", with_promos=True) == plain
    assert len(plain[2]) == 1  # type: ignore[arg-type]
