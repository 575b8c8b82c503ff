"""What doctor says of updates: why they fail, what expired, what everybody is shown, what stops."""

from __future__ import annotations

import pytest

from edgeagent.clock import DAY_SECONDS, iso_utc
from edgeagent.consent import Purpose
from edgeagent.errors import NetworkError, NoModel, UpdateRefused
from edgeagent.services.upkeep.findings import Finding
from edgeagent.services.upkeep.update_health import releases_found, stops_found, update_found
from tests.network.signed_repository import SignedRepository
from tests.services.models.shown import Shop, ShownBox


def update(box: ShownBox) -> Finding:
    return update_found(box.installed, now=box.agent.clock.now())


def test_a_box_without_a_model(shown_box: ShownBox) -> None:
    found = update(shown_box)
    assert (found.status, found.hint) == ("warning", "edgeagent model update")
    assert releases_found(shown_box.installed).status == "ok"


def test_a_server_that_fails_is_named_until_an_update_succeeds(
    shown_box: ShownBox, shop: Shop
) -> None:
    began = shown_box.box.clock.now()
    nowhere = SignedRepository()
    nowhere.first_root = shop.signed.first_root
    for _ in range(2):
        with pytest.raises(NetworkError, match="404"):
            shown_box.update(nowhere)
        shown_box.box.clock.advance(DAY_SECONDS)
    found = update(shown_box)
    assert f"none has succeeded since {iso_utc(began)}" in found.message
    assert "check the path in server_url" in found.hint
    shown_box.update(shop.signed)
    assert (update(shown_box).status, update(shown_box).hint) == ("ok", "")


def test_expired_metadata_are_said_and_the_model_stays(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.update(shop.signed)
    shown_box.box.clock.advance(91 * DAY_SECONDS)
    with pytest.raises(UpdateRefused, match="expired"):
        shown_box.update(shop.signed)
    found = update(shown_box)
    assert found.status == "warning"
    expiry = shop.signed.now + 90 * DAY_SECONDS
    assert f"its metadata expired on {iso_utc(expiry)}, the model stays in use" in found.message
    assert "set the clock of this machine" in found.hint
    assert shown_box.active == "1.0"


def test_an_update_that_is_old_is_said(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.update(shop.signed)
    shown_box.box.clock.advance(15 * DAY_SECONDS)
    assert "2 weeks ago" in update(shown_box).message
    assert update(shown_box).hint == "edgeagent model update"


def test_the_list_of_releases_is_shown_for_comparison(shown_box: ShownBox, shop: Shop) -> None:
    assert "keeps no list" in releases_found(shown_box.installed).message
    shown_box.update(shop.signed)
    seen = shown_box.installed.releases.seen
    assert seen is not None
    found = releases_found(shown_box.installed)
    assert f"length {seen.length}, head {seen.head}" in found.message
    shop.signed.list_id, shop.signed.entries[:] = "b" * 32, []
    shop.signed.sign_root()
    shop.signed.publish()
    shown_box.update(shop.signed)
    assert f"it replaced list {seen.list_id}" in releases_found(shown_box.installed).message
    del shop.signed.entries[-1]
    shop.signed.publish()
    with pytest.raises(UpdateRefused):
        shown_box.update(shop.signed)
    found = releases_found(shown_box.installed)
    assert found.status == "failed"
    assert "new list of releases" in found.hint
    assert "contradicts" in update(shown_box).message


def test_a_new_box_is_told_that_the_only_model_is_stopped(shown_box: ShownBox, shop: Shop) -> None:
    shop.stop_models(1)
    shown_box.agent.grant(Purpose.PERSONALIZATION)
    for ask in (lambda: shown_box.update(shop.signed), shown_box.agent.recommend):
        with pytest.raises(NoModel, match="the publisher has stopped") as refused:
            ask()
        assert "wait until it does" in refused.value.hint
    assert "1 of the models, and none is installed" in stops_found(shown_box.installed).message
    shop.offer(2)
    shop.signed.publish()
    assert shown_box.update(shop.signed).model_version == "2.0"
    assert stops_found(shown_box.installed).status == "ok"


def test_what_is_stopped_is_said_where_it_is_used(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.update(shop.signed)
    assert stops_found(shown_box.installed).status == "ok"
    shop.stop_task()
    shop.stop_models(1)
    shown_box.update(shop.signed)
    found = stops_found(shown_box.installed)
    assert found.status == "warning"
    assert "model 1.0: another one ranks" in found.message
    assert "report task subset_selection." in found.message
