"""Rollout, stops and the list of releases: what a repository says beside model and task."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import get_args

import msgspec
import pytest

from edgeagent.errors import MalformedMessage
from edgeagent.messages import ModelManifest, SegmentLabel, TargetReference, canonical_bytes
from edgeagent.messages.manifest import MANIFEST_CAP_BYTES
from edgeagent.messages.release_list import (
    RELEASES_CAP_BYTES,
    ReleaseEntry,
    ReleaseKind,
    ReleaseList,
    decode_releases,
    head,
    role_entry,
)
from edgeagent.messages.rollout import ROLLOUT_CAP_BYTES, Percent, Rollout, decode_rollout
from edgeagent.messages.stops import (
    MOST_STOPS,
    STOPS_CAP_BYTES,
    ModelStops,
    TaskStops,
    decode_model_stops,
    decode_task_stops,
)

TASK = "subset_selection.33.3-1.226"
LIST_ID = "0f" * 16


def hash_of(number: int) -> str:
    return f"{number:064x}"


def manifest(version: str = "1") -> ModelManifest:
    reference = TargetReference(path="models/a.onnx", sha256=hash_of(1), length_bytes=1)
    label = SegmentLabel(name="any", sensitive=False, iab=())
    return ModelManifest(
        head="foldin",
        space_id="0" * 16,
        model_version=version,
        trained_at=0,
        dimension=8,
        segments=(label,) * 8,
        model=reference,
        golden=reference,
        catalogue=reference,
    )


def with_field(message: object, **fields: object) -> bytes:
    return canonical_bytes(json.loads(canonical_bytes(message)) | fields)


def refused(decode: Callable[[bytes], object], data: bytes, *, naming: str) -> None:
    with pytest.raises(MalformedMessage, match=naming) as caught:
        decode(data)
    assert caught.value.hint


@pytest.mark.parametrize("percent", [1, 5, 10, 25, 50])
def test_a_rollout_is_read_back(percent: Percent) -> None:
    rollout = Rollout(candidate=manifest(), percent=percent)
    assert decode_rollout(canonical_bytes(rollout)) == rollout


@pytest.mark.parametrize("percent", [0, 2, 100, 50.0, True, "50", None])
def test_a_rollout_has_few_steps(percent: object) -> None:
    sound = Rollout(candidate=manifest(), percent=50)
    refused(decode_rollout, with_field(sound, percent=percent), naming="percent|canonical")


def test_a_candidate_is_known_by_its_manifest_whatever_the_percentage() -> None:
    candidate = manifest()
    expected = hashlib.sha256(canonical_bytes(candidate)).hexdigest()
    assert Rollout(candidate=candidate, percent=1).candidate_sha256() == expected
    assert Rollout(candidate=candidate, percent=50).candidate_sha256() == expected
    assert Rollout(candidate=manifest("2"), percent=1).candidate_sha256() != expected


def test_every_manifest_that_fits_its_limit_fits_into_a_rollout() -> None:
    # To the byte, whatever the limits of the single fields allow.
    fields = json.loads(canonical_bytes(manifest()))
    fields["segments"][0]["name"] = ""
    fields["segments"][0]["name"] = "x" * (MANIFEST_CAP_BYTES - len(canonical_bytes(fields)))
    largest = canonical_bytes({"candidate": fields, "percent": 50})
    assert len(canonical_bytes(fields)) == MANIFEST_CAP_BYTES
    assert len(largest) <= ROLLOUT_CAP_BYTES
    refused(decode_rollout, b" " * (ROLLOUT_CAP_BYTES + 1), naming="at most")


@pytest.mark.parametrize(
    ("decode", "sound"),
    [
        (decode_rollout, Rollout(candidate=manifest(), percent=5)),
        (decode_model_stops, ModelStops(models=(hash_of(1),))),
        (decode_task_stops, TaskStops(tasks=(TASK,))),
        (decode_releases, ReleaseList(list_id=LIST_ID, entries=())),
    ],
)
def test_messages_are_closed_and_canonical(
    decode: Callable[[bytes], object], sound: msgspec.Struct
) -> None:
    data = canonical_bytes(sound)
    assert decode(data) == sound
    refused(decode, with_field(sound, added=1), naming="added")
    refused(decode, data + b"\n", naming="canonical")
    refused(decode, data[:-1], naming="truncated")
    for field in sound.__struct_fields__:
        rest = {key: value for key, value in json.loads(data).items() if key != field}
        refused(decode, canonical_bytes(rest), naming=field)


def test_as_many_stops_as_the_limit_allows_are_read_back() -> None:
    models = ModelStops(models=tuple(hash_of(number) for number in range(MOST_STOPS)))
    longest = "discrete_laplace.65.9999-9999.{:04}"
    tasks = TaskStops(tasks=tuple(longest.format(number) for number in range(MOST_STOPS)))
    assert decode_model_stops(canonical_bytes(models)) == models
    assert decode_task_stops(canonical_bytes(tasks)) == tasks
    assert len(canonical_bytes(models)) < STOPS_CAP_BYTES


@pytest.mark.parametrize(
    "models",
    [
        [],
        [hash_of(number) for number in range(MOST_STOPS + 1)],
        [hash_of(2), hash_of(1)],
        [hash_of(1), hash_of(1)],
        [hash_of(10).upper()],
        [hash_of(1)[1:]],
        [hash_of(1) + "\n"],
        [1],
    ],
)
def test_bad_model_stops(models: list[object]) -> None:
    refused(decode_model_stops, canonical_bytes({"models": models}), naming="models|order")


@pytest.mark.parametrize(
    "tasks",
    [
        [],
        [f"subset_selection.33.3-1.{number}" for number in range(100, 165)],
        [TASK, "discrete_laplace.33.3-1.226"],
        [TASK, TASK],
        ["anything"],
        [f"{TASK}\n"],
        [None],
    ],
)
def test_bad_task_stops(tasks: list[object]) -> None:
    refused(decode_task_stops, canonical_bytes({"tasks": tasks}), naming="tasks|order")


def entry(number: int, **fields: object) -> ReleaseEntry:
    sound = {"kind": "root", "name": "root", "version": number, "sha256": hash_of(number)}
    return msgspec.convert(sound | fields, ReleaseEntry)


def test_the_head_is_the_hash_chain_of_the_page() -> None:
    releases = ReleaseList(list_id=LIST_ID, entries=(entry(1), entry(2)))
    chain = hashlib.sha256(b"edgeagent release list" + LIST_ID.encode())
    assert head(releases, 0) == chain.hexdigest()
    for number in (1, 2):
        line = f'{{"kind":"root","name":"root","sha256":"{hash_of(number)}","version":{number}}}'
        chain = hashlib.sha256(chain.digest() + line.encode())
        assert head(releases, number) == chain.hexdigest()
    assert head(releases) == head(releases, 2)


def test_a_longer_list_keeps_the_heads_of_its_beginning() -> None:
    entries = tuple(entry(number) for number in range(1, 6))
    shorter = ReleaseList(list_id=LIST_ID, entries=entries[:3])
    longer = ReleaseList(list_id=LIST_ID, entries=entries)
    assert [head(shorter, n) for n in range(4)] == [head(longer, n) for n in range(4)]


@pytest.mark.parametrize(
    "other",
    [
        ReleaseList(list_id="f0" * 16, entries=(entry(1), entry(2))),
        ReleaseList(list_id=LIST_ID, entries=(entry(2), entry(1))),
        ReleaseList(list_id=LIST_ID, entries=(entry(1), entry(3))),
        ReleaseList(list_id=LIST_ID, entries=(entry(1, sha256=hash_of(9)), entry(2))),
        ReleaseList(list_id=LIST_ID, entries=(entry(1),)),
    ],
)
def test_another_list_has_another_head(other: ReleaseList) -> None:
    assert head(other) != head(ReleaseList(list_id=LIST_ID, entries=(entry(1), entry(2))))


@pytest.mark.parametrize("length", [-1, 2])
def test_there_is_no_head_beyond_the_list(length: int) -> None:
    with pytest.raises(ValueError, match=f"length {length} of 1"):
        head(ReleaseList(list_id=LIST_ID, entries=(entry(1),)), length)


def test_every_kind_of_entry_is_read_back() -> None:
    entries = tuple(
        entry(1, kind=kind, name="models/manifest.json" if kind == "file" else kind)
        for kind in ("file", "root", "targets", "models", "catalogue", "tasks")
    )
    releases = ReleaseList(list_id=LIST_ID, entries=entries)
    assert decode_releases(canonical_bytes(releases)) == releases
    assert {part.kind for part in entries} == {
        kind for part in get_args(ReleaseKind) for kind in get_args(part) or (part,)
    }


@pytest.mark.parametrize(
    ("fields", "naming"),
    [
        ({"kind": "snapshot", "name": "snapshot"}, "kind"),
        ({"kind": "log", "name": "log"}, "kind"),
        ({"kind": "models"}, "path"),
        ({"kind": "file"}, "path"),
        ({"kind": "root", "name": "root/root"}, "path"),
        ({"kind": "file", "name": "../root"}, "name"),
        ({"kind": "file", "name": "models/../root"}, "name"),
        ({"kind": "file", "name": "models/" + "a" * 200}, "name"),
        ({"version": 0}, "version"),
        ({"version": 2**31}, "version"),
        ({"version": True}, "version"),
        ({"sha256": "0"}, "sha256"),
        ({"added": 1}, "added"),
    ],
)
def test_bad_entries(fields: dict[str, object], naming: str) -> None:
    bad = json.loads(with_field(entry(1), **fields))
    data = canonical_bytes({"list_id": LIST_ID, "entries": [bad]})
    refused(decode_releases, data, naming=naming)


def test_no_version_is_listed_twice() -> None:
    twice = [entry(1), entry(1, sha256=hash_of(2))]
    refused(
        decode_releases, canonical_bytes({"list_id": LIST_ID, "entries": twice}), naming="twice"
    )
    with pytest.raises(ValueError, match="twice"):
        ReleaseList(list_id=LIST_ID, entries=(entry(1), entry(1)))


@pytest.mark.parametrize("list_id", ["", "0f", "0F" * 16, f"{LIST_ID}\n", 1])
def test_bad_list_ids(list_id: object) -> None:
    data = canonical_bytes({"list_id": list_id, "entries": []})
    refused(decode_releases, data, naming="list_id")


def test_a_list_is_not_longer_than_a_mebibyte() -> None:
    refused(decode_releases, b" " * (RELEASES_CAP_BYTES + 1), naming="at most 1048576")
    full = ReleaseList(list_id=LIST_ID, entries=tuple(entry(n) for n in range(1, 8501)))
    assert decode_releases(canonical_bytes(full)) == full


def test_a_role_that_came_after_the_list_is_named_as_a_file() -> None:
    """Boxes refuse a list with a kind that they do not know, and then report nothing."""
    sha256 = hash_of(1)
    assert role_entry("models", version=2, sha256=sha256) == ReleaseEntry(
        kind="models", name="models", version=2, sha256=sha256
    )
    assert role_entry("creatives", version=2, sha256=sha256) == ReleaseEntry(
        kind="file", name="metadata/creatives.json", version=2, sha256=sha256
    )
    assert "creatives" not in canonical_bytes(get_args(ReleaseKind)).decode()
