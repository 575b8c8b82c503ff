"""What was superseded goes once nobody can ask for it, and not before."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import InputError
from edgeagent.messages import TargetReference
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from server_stub.distribution.creatives import PackedCreatives, publish_creatives
from server_stub.distribution.publish import publish
from server_stub.distribution.published_tasks import published_tasks
from server_stub.distribution.renewal import refresh
from server_stub.distribution.rollback import rollback
from server_stub.distribution.superseded import MODELS_KEPT
from tests.server_stub.distribution.publishing_office import DAY, NOW, PublishingOffice, invented

KEPT_DAYS = 14
"""Twice as long as a timestamp lasts."""


def files(office: PublishingOffice, role: str, ending: str) -> int:
    return len(list((office.directory / "targets" / role).glob(f"*.{ending}")))


def promote_creatives(office: PublishingOffice, crid: str, *, now: int) -> TargetReference:
    creative = some_creative(crid, starts_at=now)
    pack = PackedCreatives(
        catalogue=some_catalogue(creative), files={creative.asset.path: picture_of(crid)}
    )
    publish_creatives(office.operator(now=now), pack)
    asset = creative.asset
    return TargetReference(path=asset.path, sha256=asset.sha256, length_bytes=asset.length_bytes)


def test_pictures_go_when_no_timestamp_leads_to_them(office: PublishingOffice) -> None:
    publish(office.operator(), invented(1))
    first = promote_creatives(office, "first", now=NOW)
    behind = office.box()
    promote_creatives(office, "second", now=NOW + DAY)
    last = NOW + (1 + KEPT_DAYS) * DAY
    promote_creatives(office, "third", now=last - DAY)
    assert behind.ensure(first).read_bytes() == picture_of("first")
    assert files(office, "creatives", "jpg") == 3
    promote_creatives(office, "fourth", now=last)
    assert files(office, "creatives", "jpg") == 3  # the first is gone
    assert (
        not (office.directory / "targets" / "creatives")
        .joinpath(f"{first.sha256}.{Path(first.path).name}")
        .exists()
    )
    assert files(office, "creatives", "catalogue.json") == 3
    office.check_list()


def test_the_last_models_stay_to_go_back_to_and_those_of_tasks_for_ever(
    office: PublishingOffice,
) -> None:
    most = MODELS_KEPT + 4
    for number in range(most):
        publish(office.trusting_clock(now=NOW + 20 * number * DAY), invented(number))
    now = NOW + 20 * most * DAY
    tasks = {task.segmenter.model.sha256 for task in published_tasks(office.directory)}
    assert tasks == {invented(0).manifest.model.sha256}  # of the quarter
    assert files(office, "models", "onnx") == MODELS_KEPT + len(tasks)
    assert files(office, "models", "npz") == MODELS_KEPT
    assert files(office, "catalogue", "catalogue") == MODELS_KEPT + len(tasks)
    assert files(office, "models", "manifest.json") == most
    with pytest.raises(InputError, match="files of model v1 are not kept any more"):
        rollback(office.operator(now=now), f"v{most - MODELS_KEPT - 3}")
    rollback(office.operator(now=now), f"v{most - MODELS_KEPT}")
    assert office.box(now=now).read("models/manifest.json")


def test_a_signature_that_is_renewed_pushes_no_model_out(office: PublishingOffice) -> None:
    publish(office.operator(), invented(1))
    publish(office.operator(now=NOW + DAY), invented(2))
    for number in range(2 * MODELS_KEPT):
        refresh(office.operator(now=NOW + 30 * (1 + number) * DAY), ["models", "catalogue"])
    now = NOW + 30 * (2 * MODELS_KEPT + 1) * DAY
    rollback(office.operator(now=now))
    assert office.content().manifest == invented(1).manifest


def test_a_box_in_the_middle_of_an_update_finds_what_its_metadata_name(
    office: PublishingOffice,
) -> None:
    publish(office.operator(), invented(1))
    behind = office.box()
    for number in range(2, MODELS_KEPT + 6):
        publish(office.operator(now=NOW + number * DAY // 2), invented(number))
    manifest = invented(1).manifest
    for reference in (manifest.model, manifest.golden, manifest.catalogue):
        assert behind.ensure(reference).is_file()
