"""A box that dies at any commit of an update ends where the others do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeagent.services.models.installation import Installation, InstallationStore
from edgeagent.testing.inside import box_context
from edgeagent.testing.randomness import SeededRandomSource
from tests.services.models.shown import Shop, ShownBox


class KilledError(BaseException):
    """Stands for ``kill -9``: nothing may catch it."""


class DyingStore(InstallationStore):
    """Dies right after so many commits."""

    commits_left = 0

    def change(self, decide: Callable[[Installation], Installation]) -> Installation:
        changed = super().change(decide)
        self.commits_left -= 1
        if not self.commits_left:
            raise KilledError
        return changed


class DyingBox(ShownBox):
    """A box that dies during its first update."""

    commits_left = 0

    def store(self) -> InstallationStore:
        store = DyingStore(box_context(self.agent).home.ledger, self.directory)
        store.commits_left = self.commits_left
        return store


@pytest.mark.parametrize("commits", [1, 2, 3, 4, 5])
def test_it_ends_where_one_that_lived_does(
    make_shown: Callable[[str], ShownBox], shop: Shop, commits: int
) -> None:
    shop.roll_out(2, 50)
    lived, died = make_shown("lived"), make_shown("died")
    lived.random = SeededRandomSource("the same")
    lived.update(shop.signed)
    dying = DyingBox(died.box, died.agent, seed="the same")
    dying.commits_left = commits
    with pytest.raises(KilledError):
        dying.update(shop.signed)
    died.random = SeededRandomSource("another" if died.installed.draws else "the same")
    died.update(shop.signed)
    assert died.installed == lived.installed
    assert not died.models(shop.signed).waits()


def test_between_fetch_and_activation_nothing_is_lost(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.models(shop.signed).fetch()
    assert shown_box.active == "none"
    shown_box.agent.close()
    shown_box.agent = shown_box.box.open()
    assert shown_box.models(shop.signed).waits()
    assert shown_box.models(shop.signed).activate().model_version == "1.0"
    shown_box.agent.close()
