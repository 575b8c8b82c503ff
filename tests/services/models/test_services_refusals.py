"""A model that must not be used is refused with its reason, and the old one keeps serving."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from edgeagent.errors import EdgeAgentError, MalformedMessage, ModelRefused
from edgeagent.messages.targets import MANIFEST_TARGET
from edgeagent.scoring.resident import ResidentScorer
from edgeagent.testing.agent_box import AgentBox
from tests.scoring.make_model_vectors import VECTORS, bad_models
from tests.scoring.toy_model import CLAIMS, toy_catalogue, toy_model
from tests.services.releases import CATALOGUE, GOOD, Releases

BAD: dict[str, str] = json.loads(VECTORS.joinpath("model_bad.json").read_text())["bad"]
TEN_GIGABYTES = 10 * 2**30


@pytest.fixture
def scorer() -> Iterator[ResidentScorer]:
    scorer = ResidentScorer()
    yield scorer
    scorer.close()


@pytest.fixture
def agent(tmp_path: Path, scorer: ResidentScorer) -> Iterator[Agent]:
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run", scorer=scorer)
    with box.open() as agent:
        agent.grant(Purpose.PERSONALIZATION)
        yield agent


@pytest.fixture
def releases(agent: Agent, scorer: ResidentScorer) -> Releases:
    """A good model has been published and installed."""
    releases = Releases(directory=agent._home.directory / "models")
    releases.publish(version="1.0")
    releases.update(agent, scorer)
    return releases


def _still_serves_the_old_one(agent: Agent) -> None:
    installation = agent.installation()
    assert installation.current is not None
    assert installation.current.model_version == "1.0"
    assert installation.previous is None
    picks = agent.recommend()
    assert picks.ranked_by == "model"
    assert picks.picks


@pytest.mark.parametrize("name", BAD)
def test_a_bad_model_is_refused_with_its_reason(
    agent: Agent, releases: Releases, scorer: ResidentScorer, name: str
) -> None:
    releases.publish(VECTORS.joinpath(name).read_bytes(), version="2.0")
    with pytest.raises(ModelRefused) as refused:
        releases.update(agent, scorer)
    assert BAD[name] in str(refused.value)
    assert refused.value.hint
    noted = agent.installation().refused
    assert noted is not None
    assert (noted.model_version, noted.lasting) == ("2.0", False)
    assert BAD[name] in noted.reason
    _still_serves_the_old_one(agent)


def test_the_vectors_are_those_that_are_described() -> None:
    assert {f"model_bad_{name}.onnx": reason for name, (_, reason) in bad_models().items()} == BAD


def test_a_good_model_replaces_the_old_one_after_a_bad_one_was_refused(
    agent: Agent, releases: Releases, scorer: ResidentScorer
) -> None:
    releases.publish(toy_model(factor=1.5), version="2.0")
    with pytest.raises(ModelRefused):
        releases.update(agent, scorer)
    releases.publish(GOOD, version="3.0", catalogue=CATALOGUE)
    assert releases.update(agent, scorer).model_version == "3.0"
    assert agent.installation().refused is None


@pytest.mark.parametrize(
    ("field", "claimed"),
    [("space_id", "f" * 16), ("head", "timescales"), ("dimension", 5), ("segments", 8)],
)
def test_a_manifest_that_says_something_else_than_its_model_is_refused(
    agent: Agent, releases: Releases, scorer: ResidentScorer, field: str, claimed: str | int
) -> None:
    claims = msgspec.structs.replace(CLAIMS, **{field: claimed})
    releases.publish(version="2.0", claims=claims)
    reason = f"{field}: the model says {getattr(CLAIMS, field)}, its manifest says {claimed}"
    with pytest.raises(ModelRefused, match=reason):
        releases.update(agent, scorer)
    noted = agent.installation().refused
    assert noted is not None
    assert (noted.model_version, noted.reason) == ("2.0", reason)
    _still_serves_the_old_one(agent)


@pytest.mark.parametrize("manifest", [b"", b"{}", b"\xff", b'{"contract":1}' * 10_000])
def test_a_malformed_manifest_is_noted_until_one_can_be_read(
    agent: Agent, releases: Releases, scorer: ResidentScorer, manifest: bytes
) -> None:
    releases.publish(toy_model(factor=1.001), version="2.0")
    with pytest.raises(ModelRefused):
        releases.update(agent, scorer)
    refused = agent.installation().refused
    releases.contents[MANIFEST_TARGET] = manifest
    with pytest.raises(MalformedMessage) as malformed:
        releases.update(agent, scorer)
    unread = agent.installation().unread
    assert unread is not None
    assert unread.reason == str(malformed.value)
    assert unread.reason.startswith("ModelManifest: ")
    assert agent.installation().refused == refused  # what was rolled back stays behind
    _still_serves_the_old_one(agent)
    releases.publish(version="3.0")
    releases.update(agent, scorer)
    assert agent.installation().unread is None


def test_a_box_older_than_the_head_of_a_model_keeps_what_it_has_and_says_so(
    agent: Agent, releases: Releases, scorer: ResidentScorer
) -> None:
    releases.publish(toy_model(factor=1.001), version="2.0")
    manifest = releases.contents[MANIFEST_TARGET]
    releases.contents[MANIFEST_TARGET] = manifest.replace(b'"foldin"', b'"unheard-of"')
    with pytest.raises(MalformedMessage, match=r"'unheard-of'.*\$\.head"):
        releases.update(agent, scorer)
    unread = agent.installation().unread
    assert unread is not None
    assert "'unheard-of'" in unread.reason
    _still_serves_the_old_one(agent)


def test_a_catalogue_of_another_space_is_refused(
    agent: Agent, releases: Releases, scorer: ResidentScorer
) -> None:
    releases.publish(version="2.0", catalogue=toy_catalogue(space_id="f" * 16))
    with pytest.raises(ModelRefused, match="catalogue of space ffffffffffffffff"):
        releases.update(agent, scorer)
    _still_serves_the_old_one(agent)


@pytest.mark.parametrize("field", ["length_bytes", "header", "titles_bytes"])
def test_ten_gigabytes_claimed_are_refused_before_anything_is_made_room_for(
    agent: Agent, releases: Releases, scorer: ResidentScorer, field: str
) -> None:
    if field == "length_bytes":
        releases.publish(version="2.0")
        manifest = json.loads(releases.contents[MANIFEST_TARGET])
        manifest["model"]["length_bytes"] = TEN_GIGABYTES
        text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
        releases.contents[MANIFEST_TARGET] = text.encode()
    elif field == "header":
        claimed = CATALOGUE[:8] + struct.pack("<I", 2**32 - 1) + CATALOGUE[12:]
        releases.publish(version="2.0", catalogue=claimed)
    else:
        (length,) = struct.unpack_from("<I", CATALOGUE, 8)
        header = json.loads(CATALOGUE[12 : 12 + length])
        header["titles_bytes"] = TEN_GIGABYTES
        text = json.dumps(header, sort_keys=True, separators=(",", ":"))
        claimed = CATALOGUE[:8] + struct.pack("<I", len(text)) + text.encode()
        releases.publish(version="2.0", catalogue=claimed + CATALOGUE[12 + length :])
    with pytest.raises((ModelRefused, MalformedMessage)) as refused:
        releases.update(agent, scorer)
    assert isinstance(refused.value, EdgeAgentError)
    assert refused.value.hint
    _still_serves_the_old_one(agent)
