"""Rollout, rollback and stops: what boxes are told after each command."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import canonical_bytes
from edgeagent.messages.rollout import decode_rollout
from edgeagent.messages.stops import decode_model_stops, decode_task_stops
from edgeagent.messages.targets import (
    MANIFEST_TARGET,
    MODEL_STOPS_TARGET,
    ROLLOUT_TARGET,
    TASK_STOPS_TARGET,
    TASK_TARGET,
)
from server_stub.distribution.publish import promote, publish
from server_stub.distribution.rollback import rollback, stop
from tests.server_stub.distribution.publishing_office import PublishingOffice, invented

ONE, TWO, THREE = invented(1), invented(2), invented(3)
TASK = ONE.task.name


@pytest.fixture
def rolling(office: PublishingOffice) -> PublishingOffice:
    """Return an office that shows model 2 to a few boxes of model 1."""
    publish(office.operator(), ONE)
    publish(office.operator(), TWO, percent=5)
    return office


def test_a_rollout_leaves_the_old_model_and_names_the_new_one(rolling: PublishingOffice) -> None:
    box = rolling.box()
    assert box.read(MANIFEST_TARGET) == canonical_bytes(ONE.manifest)
    rollout = decode_rollout(box.read(ROLLOUT_TARGET))
    assert (rollout.candidate, rollout.percent) == (TWO.manifest, 5)
    for artefacts in (ONE, TWO):
        assert box.ensure(artefacts.manifest.model).read_bytes() == artefacts.model
        assert box.ensure(artefacts.manifest.golden).read_bytes() == artefacts.golden
        assert box.ensure(artefacts.manifest.catalogue).read_bytes() == artefacts.catalogue


def test_the_report_task_knows_of_no_rollout(rolling: PublishingOffice) -> None:
    assert rolling.box().read(TASK_TARGET) == canonical_bytes(ONE.task)
    promote(rolling.operator())
    next_quarter = invented(4, quarter=1)
    publish(rolling.operator(), next_quarter, percent=1)
    assert rolling.box().read(TASK_TARGET) == canonical_bytes(next_quarter.task)


def test_no_rollout_leads_from_a_model_to_itself(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    served = office.served()
    with pytest.raises(InputError, match="v1 is the model that all boxes have already"):
        publish(office.operator(), ONE, percent=5)
    assert office.served() == served
    publish(office.operator(), ONE)


def test_promoting_raises_the_percentage_and_ends_the_rollout(rolling: PublishingOffice) -> None:
    promote(rolling.operator(), 25)
    assert decode_rollout(rolling.box().read(ROLLOUT_TARGET)).percent == 25
    served = rolling.served()
    promote(rolling.operator(), 25)
    assert rolling.served() == served, "the same again signs nothing"
    with pytest.raises(InputError, match="has come to 25 percent"):
        promote(rolling.operator(), 10)
    promote(rolling.operator())
    assert rolling.content().rollout is None
    assert rolling.box().read(MANIFEST_TARGET) == canonical_bytes(TWO.manifest)
    with pytest.raises(InputError, match="no rollout is running"):
        promote(rolling.operator())


def test_only_what_changes_is_signed_again(rolling: PublishingOffice) -> None:
    before = rolling.versions()
    promote(rolling.operator(), 50)
    changed = {role for role, version in rolling.versions().items() if version != before[role]}
    assert changed == {"models", "log", "snapshot", "timestamp"}


def test_there_is_one_rollout_at_a_time(rolling: PublishingOffice) -> None:
    served = rolling.served()
    for percent in (None, 1):
        with pytest.raises(InputError, match="a rollout to 5 percent is running"):
            publish(rolling.operator(), THREE, percent=percent)
    assert rolling.served() == served


def test_the_first_model_is_for_all(office: PublishingOffice) -> None:
    with pytest.raises(InputError, match="no model that the other boxes could stay with"):
        publish(office.operator(), ONE, percent=5)


def test_a_rollback_takes_the_candidate_back(rolling: PublishingOffice) -> None:
    before = rolling.versions()["models"]
    rollback(rolling.operator())
    assert rolling.content().rollout is None
    assert rolling.content().manifest == ONE.manifest
    assert rolling.versions()["models"] == before + 1


def test_a_rollback_publishes_the_model_before_under_a_new_version(
    office: PublishingOffice,
) -> None:
    for artefacts in (ONE, TWO, THREE):
        publish(office.operator(), artefacts)
    box = office.box()
    assert box.read(MANIFEST_TARGET) == canonical_bytes(THREE.manifest)
    rollback(office.operator())
    box = office.box()
    assert box.read(MANIFEST_TARGET) == canonical_bytes(TWO.manifest)
    assert box.ensure(TWO.manifest.model).read_bytes() == TWO.model
    assert box.read(TASK_TARGET) == canonical_bytes(ONE.task)
    office.check_list()
    rollback(office.operator(), "v1")
    assert office.content().manifest == ONE.manifest
    office.check_list()
    with pytest.raises(InputError, match="no model v9"):
        rollback(office.operator(), "v9")


def test_a_second_rollback_goes_further_back(office: PublishingOffice) -> None:
    for artefacts in (ONE, TWO, THREE):
        publish(office.operator(), artefacts)
    for earlier in (TWO, ONE):
        rollback(office.operator())
        assert office.content().manifest == earlier.manifest
    with pytest.raises(InputError, match="no earlier model") as refusal:
        rollback(office.operator())
    assert "v1, v2, v3" in refusal.value.hint
    assert office.content().manifest == ONE.manifest


def test_a_stop_between_rollbacks_brings_nothing_back(office: PublishingOffice) -> None:
    for artefacts in (ONE, TWO, THREE):
        publish(office.operator(), artefacts)
    rollback(office.operator())
    stop(office.operator(), models=("v2",))
    rollback(office.operator())
    assert office.content().manifest == ONE.manifest


def test_a_rollback_skips_what_is_stopped(office: PublishingOffice) -> None:
    for artefacts in (ONE, TWO, THREE):
        publish(office.operator(), artefacts)
    stop(office.operator(), models=("v2",))
    rollback(office.operator())
    assert office.content().manifest == ONE.manifest
    with pytest.raises(InputError, match="no model v2 that is not stopped"):
        rollback(office.operator(), "v2")


def test_there_is_nothing_before_the_first(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    with pytest.raises(InputError, match="no earlier model"):
        rollback(office.operator())


def test_a_rollback_believes_no_metadata_that_is_not_listed(office: PublishingOffice) -> None:
    for artefacts in (ONE, TWO):
        publish(office.operator(), artefacts)
    planted = office.directory / "metadata" / "1.models.json"
    planted.write_bytes(planted.read_bytes().replace(b"manifest.json", b"manifest.jsom"))
    with pytest.raises(InputError, match="no earlier model"):
        rollback(office.operator())


def test_a_rollback_needs_the_old_files(office: PublishingOffice) -> None:
    for artefacts in (ONE, TWO):
        publish(office.operator(), artefacts)
    name = f"{ONE.manifest.golden.sha256}.{ONE.manifest.golden.sha256}.npz"
    (office.directory / "targets" / "models" / name).write_bytes(b"npz 9")
    served = office.served()
    with pytest.raises(InputError, match="is not what was signed"):
        rollback(office.operator())
    assert office.served() == served


def test_models_and_tasks_are_stopped_and_stops_are_lifted(office: PublishingOffice) -> None:
    for artefacts in (ONE, TWO):
        publish(office.operator(), artefacts)
    assert MODEL_STOPS_TARGET not in office.facts()["targets"]
    by_hash = ONE.manifest.model.sha256
    stop(office.operator(), models=("v2", by_hash), tasks=(TASK,))
    box = office.box()
    hashes = sorted({by_hash, TWO.manifest.model.sha256})
    assert list(decode_model_stops(box.read(MODEL_STOPS_TARGET)).models) == hashes
    assert decode_task_stops(box.read(TASK_STOPS_TARGET)).tasks == (TASK,)
    served = office.served()
    stop(office.operator(), models=("v2",), tasks=(TASK,))
    assert office.served() == served, "what is stopped already is not signed again"
    stop(office.operator(), models=(by_hash,), tasks=(TASK,), lift=True)
    assert TASK_STOPS_TARGET not in office.facts()["targets"]
    assert office.facts()["stopped_models"] == [TWO.manifest.model.sha256]
    office.check_list()


def test_a_stopped_model_is_neither_published_nor_promoted(rolling: PublishingOffice) -> None:
    stop(rolling.operator(), models=("v2",))
    with pytest.raises(InputError, match="model v2 is stopped"):
        promote(rolling.operator())
    rollback(rolling.operator())
    with pytest.raises(InputError, match="model v2 is stopped"):
        publish(rolling.operator(), TWO)


def test_stops_survive_a_publication(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    stop(office.operator(), models=("v1",), tasks=(TASK,))
    publish(office.operator(), replace(TWO, task=ONE.task))
    assert office.content().task_stops == {TASK}
    assert office.content().model_stops == {ONE.manifest.model.sha256}


def test_what_is_not_here_cannot_be_stopped(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    served = office.served()
    with pytest.raises(InputError, match="no model v7 was published"):
        stop(office.operator(), models=("v7",))
    with pytest.raises(InputError, match="no model ffff"):
        stop(office.operator(), models=("f" * 64,))
    with pytest.raises(InputError, match="no name of a report task"):
        stop(office.operator(), tasks=("everything",))
    assert office.served() == served


def test_there_are_no_more_stops_than_boxes_accept(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    tasks = tuple(f"subset_selection.9.3-1.{quarter}" for quarter in range(64))
    stop(office.operator(), tasks=tasks)
    with pytest.raises(InputError, match="more than 64 stops"):
        stop(office.operator(), tasks=("subset_selection.9.3-1.99",))
