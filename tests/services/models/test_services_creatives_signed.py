"""Creatives from signed metadata: under any attack those before stay, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tuf.api.metadata import Metadata

from edgeagent.consent import Purpose
from edgeagent.errors import UpdateRefused
from edgeagent.messages import TargetReference, canonical_bytes, sha256_hex
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.creatives import Creative
from edgeagent.messages.targets import CREATIVES_ROLE, CREATIVES_TARGET, TASK_TARGET
from edgeagent.services.models.creatives import CreativesStore
from edgeagent.services.models.creatives_fetch import fetch_creatives
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from edgeagent.testing.inside import box_context
from tests.network.signed_repository import SERVER, Servers, SignedRepository, key
from tests.services.models.shown import Shop, ShownBox


class Campaign:
    """A shop with creatives, and a box that has those of yesterday."""

    def __init__(self, box: ShownBox, shop: Shop) -> None:
        self.box, self.shop, self.signed = box, shop, shop.signed
        self.offer("yesterday")
        box.update(self.signed)
        assert self.ready() == ["yesterday"]

    def creative(self, crid: str) -> Creative:
        return some_creative(crid, starts_at=self.signed.now)

    def put(self, *creatives: Creative) -> None:
        """Offer creatives with their files in the place of those before; nothing is signed."""
        for path in [path for path in self.signed.targets if path.startswith(CREATIVES_ROLE)]:
            del self.signed.targets[path]
        self.signed.targets[CREATIVES_TARGET] = canonical_bytes(some_catalogue(*creatives))
        for creative in creatives:
            self.signed.targets[creative.asset.path] = picture_of(creative.crid)

    def offer(self, *crids: str) -> None:
        self.put(*map(self.creative, crids))
        self.signed.publish()

    def ready(self) -> list[str]:
        listed = self.box.agent.promotions.listed(profile="main")
        return [item.creative.crid for item in listed if item.why_not is None]

    def refused(self) -> str | None:
        return CreativesStore(box_context(self.box.agent).home.ledger).load().refused

    def takes_all_but_creatives(self, match: str, shown: SignedRepository | None = None) -> None:
        """A new model and task arrive with them."""
        self.shop.offer(2)
        (shown or self.signed).targets |= self.shop.files(2)
        (shown or self.signed).publish()
        self.box.update(shown or self.signed)
        assert self.box.active == "2.0"
        self.keeps(match)

    def keeps(self, match: str) -> None:
        refused = self.refused()
        assert refused is not None
        assert match in refused
        assert self.ready() == ["yesterday"]


@pytest.fixture
def campaign(shown_box: ShownBox, shop: Shop) -> Campaign:
    return Campaign(shown_box, shop)


def test_they_are_taken_from_their_role(campaign: Campaign) -> None:
    campaign.offer("today", "tomorrow")
    campaign.box.update(campaign.signed)
    assert (campaign.ready(), campaign.refused()) == (["today", "tomorrow"], None)
    [chosen] = campaign.box.agent.promotions.choose("home", profile="main")
    assert chosen.file.read_bytes() == picture_of(chosen.creative.crid)


def test_a_repository_without_them_is_no_error(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.update(shop.signed)
    assert CreativesStore(box_context(shown_box.agent).home.ledger).load().sha256 is None
    assert not [url for url in shown_box.asked if CREATIVES_ROLE in url]


def test_no_other_key_signs_them(campaign: Campaign) -> None:
    campaign.put(campaign.creative("forged"))
    for role in ("models", "targets", "timestamp"):
        campaign.signed.forged[CREATIVES_ROLE] = key(role)
        campaign.takes_all_but_creatives("UnsignedMetadataError")


def test_their_key_signs_nothing_else(campaign: Campaign) -> None:
    task = campaign.box.installed.task
    campaign.signed.foreign[CREATIVES_ROLE] = {TASK_TARGET: b"{}"}
    campaign.signed.publish()
    campaign.box.update(campaign.signed)
    assert campaign.box.installed.task == task
    del campaign.signed.targets[TASK_TARGET]
    campaign.signed.publish()
    with pytest.raises(UpdateRefused, match="not in the repository"):
        campaign.box.update(campaign.signed)


def test_older_ones_do_not_come_back(campaign: Campaign) -> None:
    """As with the keys that are online: the snapshot names the version of yesterday."""
    campaign.offer("today")
    campaign.box.update(campaign.signed)
    campaign.signed.versions[CREATIVES_ROLE] -= 1
    campaign.signed.stamp()
    with pytest.raises(UpdateRefused, match=r"creatives\.json version"):
        campaign.box.update(campaign.signed)
    assert campaign.ready() == ["today"]


def test_expired_ones_are_refused_and_nothing_else_is(campaign: Campaign) -> None:
    expired: Metadata[Any] = Metadata.from_bytes(campaign.signed.metadata[CREATIVES_ROLE])
    expired.signed.expires = expired.signed.expires.replace(year=2020)
    expired.signed.version += 1
    expired.sign(campaign.signed.keys[CREATIVES_ROLE])
    campaign.signed.versions[CREATIVES_ROLE] += 1
    campaign.signed.files[f"metadata/{expired.signed.version}.creatives.json"] = expired.to_bytes()
    campaign.signed.stamp()
    campaign.box.update(campaign.signed)
    campaign.keeps("New creatives is expired")


def test_metadata_of_yesterday_under_the_name_of_todays(campaign: Campaign) -> None:
    """As by a mirror that would keep a box at what was published before."""
    yesterday = campaign.signed.files[_metadata(campaign)]
    campaign.offer("today")
    campaign.signed.files[_metadata(campaign)] = yesterday
    campaign.box.update(campaign.signed)
    campaign.keeps("Expected creatives v")


def test_what_is_withheld(campaign: Campaign) -> None:
    for withheld in (_metadata, _catalogue):
        campaign.put(campaign.creative("today"))
        campaign.signed.publish()
        del campaign.signed.files[withheld(campaign)]
        campaign.box.update(campaign.signed)
        campaign.keeps("404")


def test_a_picture_that_is_withheld_holds_up_no_other_part(campaign: Campaign) -> None:
    campaign.offer("today")
    path = campaign.creative("today").asset.path
    del campaign.signed.files[_hashed(path, campaign.signed.targets[path])]
    campaign.box.update(campaign.signed)
    assert "404" in str(campaign.refused())
    assert campaign.ready() == []


def test_their_old_key_signs_nothing_after_a_rotation(campaign: Campaign) -> None:
    old = campaign.signed.keys[CREATIVES_ROLE]
    campaign.signed.keys[CREATIVES_ROLE] = key("their new one")
    campaign.signed.forged[CREATIVES_ROLE] = old
    campaign.put(campaign.creative("forged"))
    campaign.takes_all_but_creatives("UnsignedMetadataError")
    del campaign.signed.forged[CREATIVES_ROLE]
    campaign.offer("today")
    campaign.box.update(campaign.signed)
    assert campaign.ready() == ["today"]


def _metadata(campaign: Campaign) -> str:
    return f"metadata/{campaign.signed.versions[CREATIVES_ROLE]}.{CREATIVES_ROLE}.json"


def _catalogue(campaign: Campaign) -> str:
    return _hashed(CREATIVES_TARGET, campaign.signed.targets[CREATIVES_TARGET])


def _hashed(path: str, data: bytes) -> str:
    directory, _, name = path.rpartition("/")
    return f"targets/{directory}/{sha256_hex(data)}.{name}"


def test_a_catalogue_that_is_not_on_the_list_is_for_nobody(campaign: Campaign) -> None:
    for unlisted in (CREATIVES_TARGET, "metadata/creatives.json"):
        campaign.put(campaign.creative(f"for-you-alone-{len(unlisted)}"))
        campaign.signed.unlisted = {unlisted}
        campaign.takes_all_but_creatives("the list of releases does not name these creatives")


def test_a_repository_without_a_list_may_have_them(shown_box: ShownBox) -> None:
    signed = SignedRepository(list_id=None)
    creative = some_creative("a", starts_at=signed.now)
    signed.targets[CREATIVES_TARGET] = canonical_bytes(some_catalogue(creative))
    signed.targets[creative.asset.path] = picture_of("a")
    signed.publish()
    home = box_context(shown_box.agent).home
    fetch_creatives(signed.opened(shown_box.directory), home, now=signed.now)
    assert CreativesStore(home.ledger).load().refused is None


def test_a_file_of_another_hash(campaign: Campaign) -> None:
    good, bad = campaign.creative("good"), campaign.creative("bad")
    servers = Servers({SERVER: campaign.signed})
    name = bad.asset.path.rpartition("/")[2]
    servers.altered[f"{SERVER}/targets/{CREATIVES_ROLE}/{bad.asset.sha256}.{name}"] = bytes.swapcase
    campaign.put(bad, good)
    campaign.signed.publish()
    update(campaign, servers)
    refused = campaign.refused()
    assert refused is not None
    assert bad.asset.path in refused
    assert campaign.ready() == ["good"]


def test_a_file_that_is_signed_as_another_than_the_catalogue_names(campaign: Campaign) -> None:
    creative = campaign.creative("a")
    campaign.put(creative)
    campaign.signed.targets[creative.asset.path] = b"other"
    campaign.signed.publish()
    campaign.box.update(campaign.signed)
    assert campaign.ready() == []
    assert "signs other bytes" in str(campaign.refused())


def test_a_longer_catalogue_is_not_even_fetched(campaign: Campaign) -> None:
    campaign.put()
    campaign.signed.targets[CREATIVES_TARGET] = bytes(CREATIVE_FILE_CAP_BYTES + 1)
    campaign.takes_all_but_creatives("262145 bytes, at most 262144")
    assert not [url for url in campaign.box.asked if f"/targets/{CREATIVES_ROLE}/" in url]


class Endless(Servers):
    """Files of creatives never end; a box that reads past what was signed is caught."""

    def _chunks(self, url: str, data: bytes, start: int) -> Iterator[bytes]:
        yield from super()._chunks(url, data, start)
        if f"/{CREATIVES_ROLE}/" in url or url.endswith(f".{CREATIVES_ROLE}.json"):
            for _ in range(8):
                yield bytes(64 * 1024)
            raise AssertionError(url)


def test_files_that_do_not_end(campaign: Campaign) -> None:
    campaign.offer("today")
    update(campaign, Endless({SERVER: campaign.signed}))
    campaign.keeps("exceeding the maximum allowed length")


class EndlessPictures(Endless):
    """Only pictures never end."""

    def _chunks(self, url: str, data: bytes, start: int) -> Iterator[bytes]:
        endless = url.endswith(".jpg")
        yield from (
            super()._chunks(url, data, start)
            if endless
            else Servers._chunks(self, url, data, start)
        )


def test_pictures_that_do_not_end(campaign: Campaign) -> None:
    campaign.offer("today")
    update(campaign, EndlessPictures({SERVER: campaign.signed}))
    assert "longer than signed" in str(campaign.refused())
    assert campaign.ready() == []


BROKEN: dict[str, dict[str, Any]] = {
    "title": {"title": "see https://tracker.example/?box=7"},
    "click": {"ClickThrough": "https://tracker.example"},
    "impression": {"Impression": "x"},
    "up": {"asset": {"path": "creatives/../tasks/report.json"}},
    "root": {"asset": {"path": "../../../etc/passwd"}},
    "encoded": {"asset": {"path": "creatives/..%2f..%2fa.jpg"}},
    "role": {"asset": {"path": "tasks/a.jpg"}},
    "long": {"asset": {"length_bytes": CREATIVE_FILE_CAP_BYTES + 1}},
}


def test_a_signed_catalogue_that_breaks_a_rule(campaign: Campaign) -> None:
    """An address, a field that reports, a path that leads elsewhere, a file too long."""
    creative = campaign.creative("bad")
    plain = msgspec.to_builtins(creative)
    for name, fields in BROKEN.items():
        changed = {
            field: plain[field] | value if isinstance(value, dict) else value
            for field, value in fields.items()
        }
        catalogue = msgspec.to_builtins(some_catalogue()) | {"creatives": [plain | changed]}
        campaign.put(creative)
        campaign.signed.targets[CREATIVES_TARGET] = canonical_bytes(catalogue)
        campaign.takes_all_but_creatives("CreativeCatalogue: ")
        said = str(campaign.refused())
        assert "$.creatives[0]" in said or "creative 'bad'" in said, name


def test_a_target_that_its_metadata_do_not_name_is_none_of_theirs(campaign: Campaign) -> None:
    repository = campaign.signed.opened(campaign.box.directory)
    wrong = TargetReference(path=CREATIVES_TARGET, sha256=sha256_hex(b"x"), length_bytes=1)
    with pytest.raises(UpdateRefused, match="signs other bytes"):
        repository.ensure(wrong)


def update(campaign: Campaign, servers: Servers) -> None:
    """Let the box ask these servers for creatives; model and task are up to date."""
    repository = campaign.signed.opened(campaign.box.directory, servers)
    home = box_context(campaign.box.agent).home
    fetch_creatives(repository, home, now=campaign.signed.now)


def test_every_box_asks_for_the_same_bytes(campaign: Campaign) -> None:
    """Whatever was agreed to: it grants everything now, and asks as it did without."""
    asked = []
    for crid in ("today", "tomorrow"):
        campaign.offer(crid)
        campaign.box.update(campaign.signed)
        asked.append([url.rpartition(".")[2] for url in campaign.box.asked])
        for purpose in Purpose:
            campaign.box.agent.grant(purpose)
    assert asked[0] == asked[1]
