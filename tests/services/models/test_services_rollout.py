"""A new model for some boxes, by a number that each draws for itself; and the kill switch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeagent.errors import ModelRefused, NetworkError
from edgeagent.messages import ModelFiles
from edgeagent.messages.rollout import Rollout
from edgeagent.messages.targets import MODEL_STOPS_TARGET, ROLLOUT_TARGET, TASK_TARGET
from edgeagent.services.models.activation import Activation, StagedStore
from edgeagent.services.models.failover import Failover
from edgeagent.services.models.installation import RolloutDraw
from edgeagent.services.models.quality_gate import QualityGate
from edgeagent.testing.inside import box_context
from edgeagent.testing.randomness import SeededRandomSource
from tests.services.models.shown import Shop, ShownBox


def with_number(box: ShownBox, shop: Shop, number: int, *, candidate: int = 2) -> None:
    """Pretend that the box has drawn this number for a candidate."""
    of = Rollout(candidate=shop.manifest(candidate), percent=1).candidate_sha256()
    box.store().update(draws=(RolloutDraw(candidate_sha256=of, number=number),))


def ranked(box: ShownBox) -> list[tuple[str, bool]]:
    tried = Failover(box.store(), clock=box.agent.clock).attempts()
    return [(one.manifest.model_version, one.popular) for one in tried]


@pytest.mark.parametrize(("number", "active"), [(0, "2.0"), (9, "2.0"), (10, "1.0"), (99, "1.0")])
def test_the_number_decides_which_model_is_used(
    shown_box: ShownBox, shop: Shop, number: int, active: str
) -> None:
    with_number(shown_box, shop, number)
    shop.roll_out(2, 10)
    shown_box.update(shop.signed)
    assert shown_box.active == active


def test_every_box_asks_for_the_same_files(
    make_shown: Callable[[str], ShownBox], shop: Shop
) -> None:
    boxes = [make_shown("a"), make_shown("b")]
    shop.roll_out(2, 50)
    asked = []
    for box, number in zip(boxes, (0, 99), strict=True):
        with_number(box, shop, number)
        box.update(shop.signed)
        asked.append(box.asked)
    assert [box.active for box in boxes] == ["2.0", "1.0"]
    assert asked[0] == asked[1]
    assert {path.name for path in (boxes[1].directory / "targets").iterdir()} >= {
        "models%2F1.0.onnx",
        "models%2F2.0.onnx",
    }


def test_a_number_is_drawn_once_for_a_candidate(shown_box: ShownBox, shop: Shop) -> None:
    shop.roll_out(2, 1)
    shown_box.update(shop.signed)
    (drawn,) = shown_box.installed.draws
    for percent in (5, 10, 25, 50):
        shop.roll_out(2, percent)
        shown_box.update(shop.signed)
        assert shown_box.installed.draws == (drawn,)
        assert shown_box.active == ("2.0" if drawn.number < percent else "1.0")
    shop.roll_out(3, 50)
    shown_box.update(shop.signed)
    assert len(shown_box.installed.draws) == 2
    shop.roll_out(2, 50)
    shown_box.update(shop.signed)
    assert drawn in shown_box.installed.draws
    assert len(shown_box.installed.draws) == 2


class Noted(SeededRandomSource):
    """Notes how many numbers it was to choose from."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self.limits: list[int] = []

    def below(self, limit: int) -> int:
        self.limits.append(limit)
        return super().below(limit)


def test_the_number_is_one_of_a_hundred_alike(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.random = noted = Noted("box")
    shown_box.update(shop.signed)
    assert noted.limits == []
    shop.roll_out(2, 1)
    shown_box.update(shop.signed)
    assert noted.limits == [100]


def test_promotion_changes_nothing_for_those_who_have_it(shown_box: ShownBox, shop: Shop) -> None:
    with_number(shown_box, shop, 3)
    shown_box.update(shop.signed)
    shop.roll_out(2, 5)
    shown_box.update(shop.signed)
    shop.offer(2)
    shop.withdraw(ROLLOUT_TARGET)
    assert shown_box.update(shop.signed).model_changed is False
    assert shown_box.active == "2.0"
    assert shown_box.installed.rollout is None


def test_a_rollout_that_is_withdrawn_before_it_was_tried_is_not_tried(
    shown_box: ShownBox, shop: Shop
) -> None:
    shown_box.update(shop.signed)
    with_number(shown_box, shop, 0)
    shop.roll_out(2, 1)
    assert shown_box.models(shop.signed).fetch().model_version == "2.0"
    shop.withdraw(ROLLOUT_TARGET)
    models = shown_box.models(shop.signed)
    assert models.waits()
    models.fetch()
    assert not models.waits()


@pytest.mark.parametrize("number", [0, 99])
def test_the_segmenter_of_reports_is_that_of_the_task(
    shown_box: ShownBox, shop: Shop, number: int
) -> None:
    """Also where the candidate is the segmenter: who uses it for ranking, changes no report."""
    shop.signed.targets[TASK_TARGET] = shop.files(2)[TASK_TARGET]
    shop.roll_out(2, 50)
    with_number(shown_box, shop, number)
    shown_box.update(shop.signed)
    task = shown_box.installed.task
    assert task is not None
    assert task.segmenter.model == shop.manifest(2).model
    assert shown_box.store().has_segmenter(task)
    assert shown_box.active == ("2.0" if number == 0 else "1.0")


def test_a_stopped_candidate_leaves_for_the_stable_model(shown_box: ShownBox, shop: Shop) -> None:
    with_number(shown_box, shop, 0)
    shop.roll_out(2, 50)
    shown_box.update(shop.signed)
    shop.stop_models(2)
    update = shown_box.update(shop.signed)
    assert (shown_box.active, update.refused) == ("1.0", None)
    assert ranked(shown_box)[0] == ("1.0", False)
    assert ("2.0", False) not in ranked(shown_box)


def test_a_stopped_stable_model_leaves_for_the_candidate(shown_box: ShownBox, shop: Shop) -> None:
    with_number(shown_box, shop, 99)
    shop.roll_out(2, 1)
    shown_box.update(shop.signed)
    assert shown_box.active == "1.0"
    shop.stop_models(1)
    shown_box.update(shop.signed)
    assert shown_box.active == "2.0"


def test_where_everything_is_stopped_popular_titles_are_left(
    shown_box: ShownBox, shop: Shop
) -> None:
    shown_box.update(shop.signed)
    shop.offer(2)
    shop.signed.publish()
    shown_box.update(shop.signed)
    shop.stop_models(1, 2)
    shown_box.update(shop.signed)
    assert ranked(shown_box) == [("2.0", True), ("1.0", True)]
    with pytest.raises(ModelRefused, match="stopped by its publisher"):
        shown_box.agent.rollback_model()
    shop.withdraw(MODEL_STOPS_TARGET)
    shown_box.update(shop.signed)
    assert ranked(shown_box)[:2] == [("2.0", False), ("1.0", False)]


def test_a_stop_reaches_a_box_whose_downloads_fail(shown_box: ShownBox, shop: Shop) -> None:
    """It does not wait for the new files that were published with it."""
    shown_box.update(shop.signed)
    shop.offer(2)
    shop.stop_models(1)
    gone = [path for path in shop.signed.files if path.endswith("2.0.onnx")]
    for path in gone:
        del shop.signed.files[path]
    with pytest.raises(NetworkError, match="404"):
        shown_box.update(shop.signed)
    assert ranked(shown_box) == [("1.0", True)]
    assert shown_box.installed.trouble is not None


class Objecting(QualityGate):
    """Finds every new model worse than the present one."""

    def objection(self, *, present: ModelFiles, new: ModelFiles) -> str | None:
        return f"{present.model_path} is better than {new.model_path}"


def update_objecting(shown_box: ShownBox, shop: Shop) -> None:
    shown_box.models(shop.signed).fetch()
    box, scorer = box_context(shown_box.agent), shown_box.box.scorer
    Activation(
        shown_box.store(),
        StagedStore(box.home.ledger),
        scorer=scorer,
        clock=box.clock,
        quality=Objecting(box.home, gate=box.gate, scorer=scorer),
    ).activate()


@pytest.mark.parametrize(("stopped", "active"), [(False, "1.0"), (True, "2.0")])
def test_a_stopped_model_is_not_held_to_be_better(
    shown_box: ShownBox, shop: Shop, stopped: bool, active: str
) -> None:
    shown_box.update(shop.signed)
    shop.offer(2)
    shop.stop_models(*([1] if stopped else [9]))
    update_objecting(shown_box, shop)
    assert shown_box.active == active


def test_a_candidate_that_is_taken_back_leaves_without_a_comparison(
    shown_box: ShownBox, shop: Shop
) -> None:
    """The publisher may take it back because it looks better than it is."""
    shown_box.update(shop.signed)
    with_number(shown_box, shop, 0)
    shop.roll_out(2, 5)
    shown_box.update(shop.signed)
    assert shown_box.active == "2.0"
    shop.withdraw(ROLLOUT_TARGET)
    update_objecting(shown_box, shop)
    assert shown_box.active == "1.0"
    shop.offer(2)
    shop.signed.publish()
    update_objecting(shown_box, shop)
    assert shown_box.active == "2.0"
    shop.offer(3)
    shop.signed.publish()
    update_objecting(shown_box, shop)
    assert shown_box.active == "2.0"


def test_a_model_that_waited_when_it_was_stopped_is_not_used(
    shown_box: ShownBox, shop: Shop
) -> None:
    shown_box.update(shop.signed)
    shop.offer(2)
    shop.signed.publish()
    shown_box.models(shop.signed).fetch()
    shop.stop_models(2)
    stopped = shop.manifest(2).model.sha256
    shown_box.store().update(stopped_models=(stopped,))
    activated = shown_box.models(shop.signed).activate()
    assert (activated.model_version, activated.refused) == ("1.0", "stopped by its publisher")
