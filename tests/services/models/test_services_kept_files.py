"""What is superseded goes, on every box alike; what a box uses stays, wherever an update is cut."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

import pytest

from edgeagent.errors import ModelRefused, UpdateRefused
from edgeagent.messages import ModelClaims, ModelFiles
from edgeagent.services.upkeep.model_health import models_found
from edgeagent.testing.scorer import TableScorer
from tests.network.signed_repository import SERVER, Servers
from tests.services.models.shown import Shop, ShownBox

Make = Callable[[str], ShownBox]
SUFFIXES = (".onnx", ".catalogue", ".golden")


def downloads(box: ShownBox) -> set[str]:
    """Return the names of models and catalogues among the downloads."""
    places = (box.directory / "targets").iterdir()
    return {path.name for path in places if path.suffix in SUFFIXES}


def files_of(number: int) -> set[str]:
    return {
        f"models%2F{number}.0.onnx",
        f"models%2F{number}.0.golden",
        f"catalogue%2F{number}.0.catalogue",
    }


def kept(box: ShownBox) -> set[str]:
    return {path.name for path in (box.directory / "in_use").iterdir()}


def publish(shop: Shop, number: int) -> None:
    """Offer a model and a task in the place of those before."""
    for path in [path for path in shop.signed.targets if path.endswith(SUFFIXES)]:
        del shop.signed.targets[path]
    shop.offer(number)
    shop.signed.publish()


def test_after_many_releases_a_box_has_the_files_of_three(shown_box: ShownBox, shop: Shop) -> None:
    sizes = []
    for number in range(1, 8):
        publish(shop, number)
        shown_box.update(shop.signed)
        assert downloads(shown_box) == files_of(number)
        inodes = {path.stat().st_ino for path in shown_box.directory.rglob("*") if path.is_file()}
        sizes.append(len(inodes))
    assert kept(shown_box) == files_of(7) | files_of(6) | files_of(5)
    shown_box.update(shop.signed)  # nothing new: what was used before the last one goes
    assert kept(shown_box) == files_of(7) | files_of(6)
    assert len(set(sizes[3:])) == 1
    assert models_found(shown_box.store()).status == "ok"


def test_one_can_go_back_to_the_model_before_which_is_published_no_more(
    shown_box: ShownBox, shop: Shop
) -> None:
    for number in (1, 2, 2):
        publish(shop, number)
        shown_box.update(shop.signed)
    assert shown_box.agent.rollback_model().model_version == "1.0"
    shown_box.update(shop.signed)
    assert models_found(shown_box.store()).status == "ok"
    current = shown_box.installed.current
    assert current is not None
    files = shown_box.store().files(current.model, current.catalogue)
    assert Path(files.model_path).parent.name == "in_use"
    assert Path(files.model_path).read_bytes() == shop.files(1)["models/1.0.onnx"]


class Picky(TableScorer):
    """Refuses one model."""

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        if "2.0" in golden_path:
            raise ModelRefused("not this one", hint="this is a test")
        super().verify(files, golden_path, claims=claims)


def test_no_download_tells_which_model_a_box_refused(make_shown: Make, shop: Shop) -> None:
    """Where the model before is published again, one box uses it and the other does not."""
    boxes = make_shown("takes"), make_shown("refuses")
    boxes[1].box.scorer = Picky()
    for number in (1, 2, 3, 2, 1):
        publish(shop, number)
        asked = []
        for box in boxes:
            models = box.models(shop.signed)
            models.fetch()
            with suppress(ModelRefused):
                models.activate()
            assert downloads(box) == files_of(number)
            asked.append(box.asked)
        assert asked[0] == asked[1]
        assert [url for url in asked[0] if url.endswith(f".{number}.0.onnx")]
    before = [box.installed.previous for box in boxes]
    assert [model and model.model_version for model in before] == ["2.0", "3.0"]


class KilledError(BaseException):
    """Stands for ``kill -9``: nothing may catch it."""


class Dying:
    """Links, renames and deletes files among a box's models, so many times; then it dies."""

    def __init__(self, box: ShownBox, *, after: int) -> None:
        self._directory = box.directory
        self._left = after

    def patch(self, patched: pytest.MonkeyPatch) -> None:
        for name in ("hardlink_to", "replace", "unlink"):
            patched.setattr(Path, name, self._counted(getattr(Path, name)))

    def _counted(self, act: Callable[..., object]) -> Callable[..., object]:
        def counted(path: Path, *args: object, **options: object) -> object:
            done = act(path, *args, **options)
            if path.is_relative_to(self._directory):
                self._left -= 1
            if not self._left:
                raise KilledError
            return done

        return counted


def test_wherever_an_update_dies_what_is_used_stays(
    make_shown: Make, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived, died = make_shown("lived"), make_shown("died")
    for number in (1, 2):
        publish(shop, number)
        for box in (lived, died):
            box.update(shop.signed)
    publish(shop, 3)
    lived.update(shop.signed)
    deaths = 0
    dies = True
    while dies:
        with monkeypatch.context() as patched:
            Dying(died, after=deaths + 1).patch(patched)
            try:
                died.models(shop.signed).fetch()
            except KilledError:
                deaths += 1
            else:
                dies = False
        assert models_found(died.store()).status == "ok"
        assert died.active == "2.0"
    assert deaths > len(files_of(3))
    died.models(shop.signed).activate()
    assert (died.active, downloads(died)) == ("3.0", downloads(lived))
    for box in (lived, died):
        box.update(shop.signed)
    assert kept(died) == kept(lived) == files_of(3) | files_of(2)


def test_an_update_that_fails_deletes_nothing(shown_box: ShownBox, shop: Shop) -> None:
    publish(shop, 1)
    shown_box.update(shop.signed)
    publish(shop, 2)
    servers = Servers({SERVER: shop.signed})
    servers.altered[f"{SERVER}/targets/models"] = bytes.swapcase
    opened = shown_box.models(shop.signed)
    opened._open_repository = lambda now: shop.signed.opened(shown_box.directory, servers, now=now)
    with pytest.raises(UpdateRefused):
        opened.fetch()
    assert downloads(shown_box) >= files_of(1)


def test_a_damaged_file_is_replaced_where_it_is_used(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.update(shop.signed)
    current = shown_box.installed.current
    assert current is not None
    shown_box.store().path(current.model).write_bytes(b"damaged")
    assert models_found(shown_box.store()).status == "failed"
    shown_box.update(shop.signed)
    assert models_found(shown_box.store()).status == "ok"


def test_what_earlier_firmware_downloaded_is_used_where_it_lies(
    shown_box: ShownBox, shop: Shop
) -> None:
    shown_box.update(shop.signed)
    rmtree(shown_box.directory / "in_use")
    assert models_found(shown_box.store()).status == "ok"
    publish(shop, 2)
    shown_box.update(shop.signed)
    assert kept(shown_box) == files_of(2) | files_of(1)
