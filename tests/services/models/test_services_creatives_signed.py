"""Creatives from signed metadata: their own role, whose keys sign nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.errors import UpdateRefused
from edgeagent.messages import TargetReference, canonical_bytes, sha256_hex
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.targets import CREATIVES_ROLE, CREATIVES_TARGET, TASK_TARGET
from edgeagent.services.models.creatives import CreativesStore
from edgeagent.services.models.creatives_fetch import fetch_creatives
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from tests.network.signed_repository import SignedRepository, key
from tests.services.conftest import Box


@pytest.fixture
def signed() -> SignedRepository:
    repository = SignedRepository()
    creative = some_creative("a", starts_at=repository.now)
    repository.targets[CREATIVES_TARGET] = canonical_bytes(some_catalogue(creative))
    repository.targets[creative.asset.path] = picture_of("a")
    repository.publish()
    return repository


def test_a_box_takes_them_from_their_role(box: Box, signed: SignedRepository) -> None:
    box.clock.set(signed.now)
    repository = signed.opened(box.directory / "models")
    fetch_creatives(repository, box.agent._home, now=signed.now)
    [chosen] = box.agent.promotions.choose("home", profile="main")
    assert chosen.file.read_bytes() == picture_of("a")


def test_a_repository_without_them_is_no_error(box: Box) -> None:
    plain = SignedRepository()
    plain.publish()
    fetch_creatives(plain.opened(box.directory / "models"), box.agent._home, now=plain.now)
    assert CreativesStore(box.agent._home.ledger).load().sha256 is None


def test_another_key_cannot_sign_them_and_theirs_signs_nothing_else(
    tmp_path: Path, signed: SignedRepository
) -> None:
    signed.forged[CREATIVES_ROLE] = key("models")
    signed.publish()
    with pytest.raises(UpdateRefused):
        signed.opened(tmp_path / "forged")
    del signed.forged[CREATIVES_ROLE]
    signed.foreign[CREATIVES_ROLE] = {TASK_TARGET: b"{}"}
    signed.publish()
    with pytest.raises(UpdateRefused, match="not in the repository"):
        signed.opened(tmp_path / "foreign").read(TASK_TARGET)


def test_a_longer_one_is_not_even_fetched(tmp_path: Path, signed: SignedRepository) -> None:
    signed.targets[CREATIVES_TARGET] = bytes(CREATIVE_FILE_CAP_BYTES + 1)
    signed.publish()
    repository = signed.opened(tmp_path)
    with pytest.raises(UpdateRefused, match="262145 bytes, at most 262144"):
        repository.find(CREATIVES_TARGET, most_bytes=CREATIVE_FILE_CAP_BYTES)
    wrong = TargetReference(path=CREATIVES_TARGET, sha256=sha256_hex(b"x"), length_bytes=1)
    with pytest.raises(UpdateRefused, match="signs other bytes"):
        repository.ensure(wrong)
