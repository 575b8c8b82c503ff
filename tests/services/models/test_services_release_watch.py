"""One repository for everybody: a list of releases that contradicts the one a box knows."""

from __future__ import annotations

from collections.abc import Callable
from shutil import rmtree

import msgspec
import pytest

from edgeagent.errors import NoModel, UpdateRefused
from edgeagent.messages import canonical_bytes
from edgeagent.messages.release_list import ReleaseEntry, ReleaseList
from edgeagent.messages.targets import MANIFEST_TARGET, RELEASES_TARGET
from edgeagent.network.repository import Statement
from edgeagent.services.models.release_rules import judged
from edgeagent.services.models.release_watch import ReleaseWatch
from tests.network.signed_repository import LIST_ID, SignedRepository
from tests.services.models.shown import Shop, ShownBox

ANOTHER_ID = "b" * 32


def refuses(box: ShownBox, shown: SignedRepository, match: str) -> None:
    """Nothing is installed, and that there is a conflict lasts."""
    before = box.installed
    with pytest.raises(UpdateRefused, match=match) as refused:
        box.update(shown)
    assert "new list of releases" in refused.value.hint
    after = box.installed
    assert (after.current, after.task) == (before.current, before.task)
    assert after.conflict is not None
    assert after.releases.seen == before.releases.seen
    assert not box.models(shown).waits()


def puts_off(box: ShownBox, shown: SignedRepository, match: str) -> None:
    """Nothing is installed or remembered, and the next update asks again."""
    before = box.installed
    with pytest.raises(UpdateRefused, match=match):
        box.update(shown)
    assert (box.installed.current, box.installed.task) == (before.current, before.task)
    assert box.installed.releases == before.releases
    assert not box.models(shown).waits()


def released(shop: Shop, number: int) -> None:
    shop.offer(number)
    shop.signed.publish()


def test_a_list_that_grows_is_followed(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.update(shop.signed)
    first = shown_box.installed.releases.seen
    released(shop, 2)
    shown_box.update(shop.signed)
    second = shown_box.installed.releases.seen
    assert first is not None
    assert second is not None
    assert (first.list_id, first.accepted_at) == (second.list_id, second.accepted_at)
    assert second.length == len(shop.signed.entries) > first.length
    assert shown_box.active == "2.0"


def test_boxes_that_are_shown_the_same_have_the_same_head(
    make_shown: Callable[[str], ShownBox], shop: Shop
) -> None:
    boxes = [make_shown("a"), make_shown("b")]
    for box in boxes:
        box.update(shop.signed)
    assert boxes[0].installed.releases == boxes[1].installed.releases


def test_two_boxes_that_are_shown_two_lists_can_see_it(
    make_shown: Callable[[str], ShownBox], shop: Shop
) -> None:
    """And neither can be shown the other's list any more."""
    boxes, shops = [make_shown("a"), make_shown("b")], [shop.signed, shop.signed.copy()]
    for number, (box, signed) in enumerate(zip(boxes, shops, strict=True), start=2):
        shop.signed = signed
        released(shop, number)
        box.update(signed)
    seen = [box.installed.releases.seen for box in boxes]
    assert seen[0] is not None
    assert seen[1] is not None
    assert (seen[0].list_id, seen[0].length) == (seen[1].list_id, seen[1].length)
    assert seen[0].head != seen[1].head
    shops[1].stamp()  # newer than what box a has, so that TUF accepts it
    shops[1].publish()
    refuses(boxes[0], shops[1], "have changed")


def rewritten(signed: SignedRepository) -> None:
    signed.entries[0] = ReleaseEntry(kind="root", name="root", version=9, sha256="0" * 64)


def without_the_manifest(signed: SignedRepository) -> None:
    signed.unlisted.add(MANIFEST_TARGET)


def without_a_role(signed: SignedRepository) -> None:
    signed.unlisted.add("tasks")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (rewritten, "entries of the list of releases have changed"),
        (without_the_manifest, r"does not name models/manifest\.json"),
        (without_a_role, r"does not name tasks 5"),
    ],
)
def test_a_list_that_was_tampered_with(
    shown_box: ShownBox,
    shop: Shop,
    change: Callable[[SignedRepository], None],
    match: str,
) -> None:
    for number in (1, 2, 3):
        released(shop, number)
    shown_box.update(shop.signed)
    shop.offer(4)
    change(shop.signed)
    shop.signed.publish()
    refuses(shown_box, shop.signed, match)
    # Nothing that is signed for the same list ends it.
    shop.signed.unlisted.clear()
    released(shop, 5)
    refuses(shown_box, shop.signed, match)


def behind(shown_box: ShownBox, shop: Shop) -> SignedRepository:
    """Let a box see two releases, lose its metadata, and be shown the first; return that."""
    lags = shop.signed.copy()
    shown_box.update(shop.signed)
    released(shop, 2)
    shown_box.update(shop.signed)
    rmtree(shown_box.directory)
    refuses(shown_box, lags, r"had \d+ entries and now has \d+")
    return lags


def test_a_list_that_was_only_shorter_may_go_on(shown_box: ShownBox, shop: Shop) -> None:
    lags = behind(shown_box, shop)
    since = shown_box.installed.conflict
    shown_box.box.clock.advance(3600)
    refuses(shown_box, lags, "now has")
    assert shown_box.installed.conflict == since
    released(shop, 3)
    assert shown_box.update(shop.signed).model_version == "3.0"
    assert shown_box.installed.conflict is None


def test_a_shorter_list_that_goes_on_otherwise_stays_refused(
    shown_box: ShownBox, shop: Shop
) -> None:
    lags = behind(shown_box, shop)
    true = shop.signed
    shop.signed = lags
    for number in (4, 5):
        released(shop, number)
    refuses(shown_box, lags, "have changed")
    rmtree(shown_box.directory)
    refuses(shown_box, true, "have changed")


def test_metadata_that_the_list_does_not_name(shown_box: ShownBox, shop: Shop) -> None:
    """As with stolen keys of models, snapshot and timestamp, but not of the list."""
    shown_box.update(shop.signed)
    shop.offer(2)
    before = shop.signed.targets[RELEASES_TARGET]
    shop.signed.publish(listed=False)
    assert shop.signed.targets[RELEASES_TARGET] == before
    refuses(shown_box, shop.signed, r"does not name targets 2, models 2")


def test_a_list_that_the_root_no_longer_names(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.update(shop.signed)
    shop.signed.list_id = None
    shop.signed.sign_root()
    shop.signed.list_id = LIST_ID  # in the repository it goes on
    released(shop, 2)
    refuses(shown_box, shop.signed, "no longer keeps a list")


def test_a_list_that_the_root_names_and_nobody_published(shown_box: ShownBox, shop: Shop) -> None:
    del shop.signed.targets[RELEASES_TARGET]
    shop.signed.sign_list()
    shop.signed.stamp()
    puts_off(shown_box, shop.signed, "the list is missing")


def test_a_list_of_another_id_than_the_root_names(shown_box: ShownBox, shop: Shop) -> None:
    shop.signed.list_id = ANOTHER_ID
    del shop.signed.entries[:]
    shop.signed.publish()
    puts_off(shown_box, shop.signed, "not the one that the root names")


@pytest.mark.parametrize("list_id", [LIST_ID, ANOTHER_ID])
def test_a_mirror_that_has_the_new_root_first(
    shown_box: ShownBox, shop: Shop, list_id: str
) -> None:
    """Files are passed on one by one, and by name, so that roots come before the timestamp."""
    shown_box.update(shop.signed)
    mirror = shop.signed.copy()
    for signed in (mirror, shop.signed):
        signed.list_id = list_id
        signed.sign_root()
    puts_off(shown_box, mirror, "of two moments")
    if list_id == ANOTHER_ID:
        del shop.signed.entries[:]
    released(shop, 2)
    assert shown_box.update(shop.signed).model_version == "2.0"
    assert shown_box.installed.conflict is None


def test_the_way_out_is_a_new_list_under_a_newer_root(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.update(shop.signed)
    seen = shown_box.installed.releases.seen
    rewritten(shop.signed)
    released(shop, 2)
    refuses(shown_box, shop.signed, "have changed")
    shop.signed.list_id = ANOTHER_ID
    del shop.signed.entries[:]
    shop.signed.sign_root()
    shown_box.box.clock.advance(3600)
    released(shop, 3)
    assert shown_box.update(shop.signed).model_version == "3.0"
    now = shown_box.installed.releases
    assert now.conflict is None
    assert now.seen is not None
    assert seen is not None
    assert (now.seen.list_id, now.seen.earlier_id) == (ANOTHER_ID, seen.list_id)
    assert now.seen.accepted_at == shown_box.box.clock.now()


def test_a_root_of_the_same_version_is_no_way_out(shown_box: ShownBox, shop: Shop) -> None:
    """TUF takes no second root of a version; the rule does not rest on that."""
    shown_box.update(shop.signed)
    known = shown_box.installed.releases
    assert known.seen is not None
    data = canonical_bytes(ReleaseList(list_id=ANOTHER_ID, entries=()))

    def after(root_version: int, before: ReleaseWatch) -> ReleaseWatch:
        statement = Statement(root_version=root_version, list_id=ANOTHER_ID, roles=())
        return judged(before, statement, data, used={}, now=0)

    conflicting = after(known.seen.root_version, known)
    assert conflicting.conflict is not None
    assert "a root of the same version" in conflicting.conflict.reason
    another = msgspec.structs.replace(conflicting.conflict, list_id="c" * 32)
    known = msgspec.structs.replace(conflicting, conflict=another)
    assert after(another.root_version, known) == known
    assert after(another.root_version + 1, known).conflict is None


def test_a_model_that_waits_when_the_conflict_comes_goes_on_waiting(
    shown_box: ShownBox, shop: Shop
) -> None:
    shown_box.update(shop.signed)
    released(shop, 2)
    shown_box.models(shop.signed).fetch()
    rewritten(shop.signed)
    released(shop, 3)
    refuses(shown_box, shop.signed, "have changed")
    assert shown_box.models(shop.signed).activate().model_version == "1.0"


def test_a_repository_that_never_kept_a_list_is_accepted(
    make_shown: Callable[[str], ShownBox], shop: Shop
) -> None:
    old = SignedRepository(list_id=None)
    old.now, old.targets = shop.signed.now, shop.files(1)
    old.publish()
    box = make_shown("old")
    assert box.update(old).model_version == "1.0"
    assert box.installed.releases == ReleaseWatch()
    old.list_id = LIST_ID  # and one that begins to keep one, too
    old.sign_root()
    old.targets |= shop.files(2)
    old.publish()
    assert box.update(old).model_version == "2.0"
    assert box.installed.releases.seen is not None


def test_a_first_list_that_contradicts_the_metadata(shown_box: ShownBox, shop: Shop) -> None:
    shop.signed.unlisted.add("targets")
    shop.signed.publish()
    with pytest.raises(UpdateRefused, match="does not name"):
        shown_box.update(shop.signed)
    assert shown_box.installed.releases.seen is None
    with pytest.raises(NoModel):
        shown_box.models(shop.signed).activate()
