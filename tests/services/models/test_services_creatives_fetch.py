"""Every box fetches the same creatives, within the limits, and keeps what it had if it must not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.errors import NetworkError
from edgeagent.messages import TargetReference, canonical_bytes, sha256_hex
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.creatives import Creative, Suits
from edgeagent.messages.targets import CREATIVES_TARGET
from edgeagent.promotion.rules import asset_path
from edgeagent.services.models.creatives import CreativesStore
from edgeagent.services.models.creatives_fetch import fetch_creatives
from edgeagent.services.upkeep.findings import Finding
from edgeagent.services.upkeep.update_health import creatives_found
from edgeagent.store.home_files import MODELS_DIRECTORY
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from edgeagent.testing.publication import StaticRepository
from tests.services.conftest import Box


class Publishing(StaticRepository):
    """A repository with creatives; it notes what is asked of it."""

    def __init__(
        self, box: Box, *creatives: Creative, files: dict[str, bytes] | None = None
    ) -> None:
        super().__init__(box.directory / MODELS_DIRECTORY, now=box.clock.now())
        self.asked: list[str] = []
        catalogue = canonical_bytes(some_catalogue(*creatives, space_id="0" * 16))
        self._contents[CREATIVES_TARGET] = catalogue
        for creative in creatives:
            self._contents[creative.asset.path] = picture_of(creative.crid)
        self._contents.update(files or {})

    def find(self, path: str, *, most_bytes: int | None = None) -> bytes | None:
        self.asked.append(path)
        return super().find(path, most_bytes=most_bytes)

    def ensure(self, reference: TargetReference) -> Path:
        self.asked.append(reference.path)
        return super().ensure(reference)


def large(crid: str) -> tuple[Creative, bytes]:
    """Return a creative with a file of the largest size, and the file."""
    data = picture_of(crid).ljust(CREATIVE_FILE_CAP_BYTES, b".")
    plain = some_creative(crid, starts_at=0)
    asset = msgspec.structs.replace(
        plain.asset,
        path=asset_path(sha256_hex(data), "image/jpeg"),
        sha256=sha256_hex(data),
        length_bytes=len(data),
    )
    return msgspec.structs.replace(plain, asset=asset), data


def fetch(box: Box, repository: StaticRepository) -> str | None:
    """Fetch, and return why the catalogue was refused."""
    fetch_creatives(repository, box.agent._home, now=box.clock.now())
    return CreativesStore(box.agent._home.ledger).load().refused


def crids(box: Box) -> list[str]:
    return [item.creative.crid for item in box.agent.promotions.listed(profile="main")]


def ready(box: Box) -> list[str]:
    listed = box.agent.promotions.listed(profile="main")
    return [item.creative.crid for item in listed if item.why_not is None]


def some(box: Box, *names: str) -> list[Creative]:
    return [some_creative(name, starts_at=box.clock.now()) for name in names]


def test_what_is_published_is_fetched_and_what_is_gone_is_deleted(box: Box) -> None:
    assert fetch(box, Publishing(box, *some(box, "a", "b"))) is None
    assert ready(box) == ["a", "b"]
    assert fetch(box, Publishing(box, *some(box, "b", "c"))) is None
    assert ready(box) == ["b", "c"]
    left = sorted((box.directory / MODELS_DIRECTORY / "targets").glob("creatives*"))
    assert len(left) == 3  # two pictures and the catalogue
    fetch(box, StaticRepository(box.directory / MODELS_DIRECTORY, now=box.clock.now()))
    assert crids(box) == []
    assert not list((box.directory / MODELS_DIRECTORY / "targets").glob("creatives*"))


def test_what_a_fetch_changed_is_said(box: Box) -> None:
    def change(repository: StaticRepository) -> str:
        return fetch_creatives(repository, box.agent._home, now=box.clock.now())

    nothing = StaticRepository(box.directory / MODELS_DIRECTORY, now=box.clock.now())
    assert change(nothing) == "none"
    assert change(Publishing(box, *some(box, "a"))) == "fetched"
    assert change(Publishing(box, *some(box, "a"))) == "none"
    assert change(Publishing(box, *some(box, "a", "a"))) == "none"  # refused
    assert change(Publishing(box)) == "taken_back"
    assert change(Publishing(box)) == "none"
    assert change(Publishing(box, *some(box, "b"))) == "fetched"
    assert change(nothing) == "taken_back"


def test_files_that_follow_on_another_day_are_a_change(box: Box) -> None:
    offered = [large(f"c{number}") for number in range(33)]
    files = {creative.asset.path: data for creative, data in offered}
    creatives = [
        msgspec.structs.replace(
            one, starts_at=box.clock.now(), ends_at=box.clock.now() + 30 * DAY_SECONDS
        )
        for one, _ in offered
    ]
    changes = []
    for days in (0, 0, 1):
        box.clock.advance(days * DAY_SECONDS)
        repository = Publishing(box, *creatives, files=files)
        changes.append(fetch_creatives(repository, box.agent._home, now=box.clock.now()))
    assert changes == ["fetched", "none", "fetched"]


def test_boxes_ask_for_the_same_whatever_was_agreed_to_shown_or_hidden(
    make_box: Callable[..., Box],
) -> None:
    asked = []
    for name in ("nothing", "everything"):
        box = make_box(name)
        first = Publishing(box, *some(box, "a", "b"))
        fetch(box, first)
        if name == "everything":
            box.grant(*Purpose)
            box.agent.promotions.shown("a", profile="main")
            box.agent.promotions.hide("creative", "b", profile="main")
            box.agent.store_showings()
        box.clock.advance(DAY_SECONDS)
        second = Publishing(box, *some(box, "b", "c"))
        fetch(box, second)
        asked.append([first.asked, second.asked])
    assert asked[0] == asked[1]
    assert len(asked[0][1]) == 4  # catalogue, list of releases, two pictures


@pytest.mark.parametrize(
    "bad",
    [
        b"{}",
        b"[",
        canonical_bytes(some_catalogue(some_creative("c"), some_creative("c"))),
        canonical_bytes(some_catalogue(some_creative("c", suits=Suits(content=("453",))))),
        b" " * (CREATIVE_FILE_CAP_BYTES + 1),
    ],
    ids=["empty", "cut", "twice", "sensitive", "long"],
)
def test_a_catalogue_that_breaks_a_rule_leaves_the_one_before(box: Box, bad: bytes) -> None:
    fetch(box, Publishing(box, *some(box, "a")))
    refused = fetch(box, Publishing(box, *some(box, "b"), files={CREATIVES_TARGET: bad}))
    assert refused
    box.reopen()
    assert ready(box) == ["a"]
    assert fetch(box, Publishing(box, *some(box, "b"))) is None
    assert ready(box) == ["b"]


def test_a_file_that_is_not_what_was_signed_is_refused_and_the_rest_stays(box: Box) -> None:
    creatives = some(box, "a", "b")
    refused = fetch(box, Publishing(box, *creatives, files={creatives[1].asset.path: b"other"}))
    assert refused is not None
    assert creatives[1].asset.path in refused
    assert ready(box) == ["a"]


def test_a_day_fetches_eight_megabytes_and_the_next_the_rest(box: Box) -> None:
    made = [large(f"c{number:02d}") for number in range(40)]
    start = box.clock.now()
    creatives = [msgspec.structs.replace(c, starts_at=start, ends_at=start + 9) for c, _ in made]
    files = {creative.asset.path: data for creative, data in made}
    for _ in range(2):  # asking again on the same day fetches no more
        fetch(box, Publishing(box, *creatives, files=files))
        assert ready(box) == [f"c{number:02d}" for number in range(32)]
    box.clock.advance(-3 * DAY_SECONDS)  # a clock set back gets no new allowance
    fetch(box, Publishing(box, *creatives, files=files))
    assert len(list((box.directory / MODELS_DIRECTORY / "targets").glob("*.jpg"))) == 32
    box.clock.advance(4 * DAY_SECONDS)
    fetch(box, Publishing(box, *creatives, files=files))
    assert len(list((box.directory / MODELS_DIRECTORY / "targets").glob("*.jpg"))) == 40


class Silent(Publishing):
    def find(self, path: str, *, most_bytes: int | None = None) -> bytes | None:
        if path == CREATIVES_TARGET:
            raise NetworkError("nobody answers", hint="try again")
        return super().find(path, most_bytes=most_bytes)


def test_promos_hold_up_no_model_and_no_task(box: Box) -> None:
    box.agent.models._open_repository = lambda _: Silent(box, *some(box, "a"))
    fetched = box.agent.models.fetch()
    assert fetched.model_version == "1"
    assert box.agent._installations.load().task is not None
    assert CreativesStore(box.agent._home.ledger).load().refused == "nobody answers"
    box.agent.models._open_repository = lambda _: Publishing(box, *some(box, "a"))
    box.agent.models.fetch()
    assert crids(box) == ["a"]


def test_doctor_says_why_creatives_are_not_here(box: Box) -> None:
    def found() -> Finding:
        return creatives_found(CreativesStore(box.agent._home.ledger).load())

    assert (found().status, found().message) == ("ok", "none are published")
    fetch(box, Publishing(box, *some(box, "a")))
    assert found().message.startswith("catalogue ")
    fetch(box, Publishing(box, *some(box, "b"), files={CREATIVES_TARGET: b"{}"}))
    assert found().status == "warning"
    assert "CreativeCatalogue" in found().message
    assert found().hint
