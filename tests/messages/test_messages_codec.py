from __future__ import annotations

import json
from functools import partial
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeagent import messages
from edgeagent.errors import EdgeAgentError, MalformedMessage
from edgeagent.messages import (
    ModelManifest,
    Report,
    SegmentLabel,
    TargetReference,
    WatchEvent,
    canonical_bytes,
    checked,
    decode,
    decode_manifest,
    decode_report,
    decode_watch_event,
    encode_report,
    sha256_hex,
)
from edgeagent.messages.codec import checked_text
from edgeagent.messages.fields import MechanismName, ProfileName
from edgeagent.messages.manifest import LiftedWord
from edgeagent.messages.report import REPORT_BYTES

WATCHED = {"entity_id": "film:1", "watched_on": 1_700_000_000}

reports = st.builds(
    Report,
    report_id=st.text("0123456789abcdef", min_size=32, max_size=32),
    task=st.builds(
        "{}.{}.{}-{}.{}".format,
        st.sampled_from(get_args(MechanismName)),
        st.integers(8, 65),
        st.integers(2, 1000),
        st.integers(1, 1000),
        st.integers(0, 9999),
    ),
    week=st.integers(0, 418_993),
    counts=st.lists(st.integers(-999, 999), min_size=8, max_size=65).map(tuple),
)


@settings(deadline=None)
@given(reports)
def test_every_report_has_512_bytes_and_comes_back(report: Report) -> None:
    body = encode_report(report)
    assert len(body) == REPORT_BYTES
    assert decode_report(body) == report


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_bytes_that_are_no_report_are_refused_and_nothing_else(body: bytes) -> None:
    for padded in (body, body.ljust(REPORT_BYTES)[:REPORT_BYTES]):
        with pytest.raises(MalformedMessage):
            decode_report(padded)


@settings(deadline=None)
@given(reports, st.integers(0, REPORT_BYTES - 1), st.integers(0, 255))
def test_an_altered_byte_is_refused_or_is_another_report(
    report: Report, place: int, value: int
) -> None:
    body = bytearray(encode_report(report))
    changed = body[place] != value
    body[place] = value
    try:
        decoded = decode_report(bytes(body))
    except MalformedMessage:
        assert changed
    else:
        assert (decoded != report) == changed


def test_a_report_that_does_not_fit_is_not_sent() -> None:
    with pytest.raises(MalformedMessage, match="before padding"):
        encode_report(Report(report_id="0" * 500, task="x", week=0, counts=()))


def watched(**fields: object) -> bytes:
    return json.dumps(WATCHED | fields).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"progress_fraction": 0.25},
        {"progress_seconds": 604_800},
        {"completed": True, "age_policy": "app:child", "profile": "Zoë"},
    ],
)
def test_watch_events_are_read(fields: dict[str, Any]) -> None:
    event = decode_watch_event(watched(**fields))
    assert msgspec.to_builtins(event).items() >= (WATCHED | fields).items()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"progress_fraction": 1.01}, "progress_fraction"),
        ({"progress_fraction": -0.01}, "progress_fraction"),
        ({"progress_fraction": float("nan")}, "malformed"),
        ({"progress_seconds": -1}, "progress_seconds"),
        ({"progress_seconds": 604_801}, "progress_seconds"),
        ({"progress_fraction": 0.5, "progress_seconds": 60}, "exclude each other"),
        ({"watched_on": -1}, "watched_on"),
        ({"watched_on": 253_402_300_800}, "watched_on"),
        ({"watched_on": "now"}, "watched_on"),
        ({"entity_id": ""}, "entity_id"),
        ({"entity_id": "x" * 257}, "entity_id"),
        ({"entity_id": "a\x00b"}, "entity_id"),
        ({"entity_id": "film:1\n"}, "entity_id"),
        ({"entity_id": " film:1"}, "entity_id"),
        ({"profile": "main\n"}, "profile"),
        ({"age_policy": "app:baby"}, "age_policy"),
        ({"rating": 5}, "rating"),
        ({"completed": "yes"}, "completed"),
    ],
)
def test_bad_watch_events_name_the_field(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedMessage, match=said) as caught:
        decode_watch_event(watched(**fields))
    assert caught.value.hint


def test_a_watch_event_has_a_cap() -> None:
    with pytest.raises(MalformedMessage, match="at most 4096"):
        decode_watch_event(watched() + b" " * 4096)


def manifest(**changes: object) -> bytes:
    file = TargetReference(path="models/a.onnx", sha256="a" * 64, length_bytes=1)
    made = ModelManifest(
        head="foldin",
        space_id="0" * 16,
        model_version="2026.11-1",
        trained_at=0,
        dimension=128,
        segments=tuple(
            SegmentLabel(name=f"Segment {n}", sensitive=False, iab=()) for n in range(7)
        ),
        model=file,
        golden=file,
        catalogue=file,
    )
    fields = msgspec.to_builtins(made) | changes
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def test_a_manifest_is_read() -> None:
    assert decode_manifest(manifest()).segments[6].name == "Segment 6"


def test_lifted_words_are_read_and_a_manifest_without_any_has_the_bytes_of_older_ones() -> None:
    assert b"lifted" not in canonical_bytes(decode_manifest(manifest()))
    words = [{"topics": ["violence"], "word": "krieg"}]
    read = decode_manifest(manifest(lifted_words=words))
    assert read.lifted_words == (LiftedWord(word="krieg", topics=("violence",)),)
    for bad in ([], words * 17, [{"topics": [], "word": "krieg"}], [{"topics": ["x"], "word": ""}]):
        with pytest.raises(MalformedMessage, match="lifted_words"):
            decode_manifest(manifest(lifted_words=bad))


def test_labels_of_older_manifests_are_read_and_those_of_today() -> None:
    older = {"iab": ["324"], "name": "Crime films", "sensitive": False}
    fields = {"genres": ["Crime"], "kind": "films", "era": "before 1970", "titles": ["Up"]}
    read = decode_manifest(manifest(segments=[older] * 6 + [older | fields]))
    assert read.segments[0] == SegmentLabel(name="Crime films", sensitive=False, iab=("324",))
    assert read.segments[0].kind is None
    assert (read.segments[6].genres, read.segments[6].era) == (("Crime",), "before 1970")
    assert canonical_bytes(read) == manifest(segments=[older] * 6 + [older | fields])


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "operas"},
        {"era": 1995},
        {"era": "of the 1990s"},
        {"genres": ["a", "b", "c"]},
        {"theme": ""},
        {"titles": ["x" * 61]},
        {"titles": ["a"] * 4},
        {"number": 65},
        {"number": 1},  # said by leaving it out
        {"colour": "red"},
    ],
)
def test_a_label_out_of_bounds_is_refused(fields: dict[str, object]) -> None:
    label = {"iab": ["324"], "name": "Crime films", "sensitive": False} | fields
    with pytest.raises(MalformedMessage):
        decode_manifest(manifest(segments=[label] * 7))


@pytest.mark.parametrize(
    "changes",
    [
        {"contract": 2},
        {"head": "attention"},
        {"dimension": 0},
        {"dimension": 1025},
        {"segments": []},
        {"segments": [{"name": ""}] * 7},
        {"model_version": "1\n"},
        {"model_version": "../1"},
        {"model": {"path": "models/a", "sha256": "a" * 64, "length_bytes": 2**27 + 1}},
        {"extra": 1},
    ],
)
def test_bad_manifests_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        decode_manifest(manifest(**changes))


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        decode(b"[" * 100_000, list, cap_bytes=200_000)


def test_canonical_bytes_are_sorted_and_without_white_space() -> None:
    event = WatchEvent(entity_id="é", watched_on=1)
    assert (
        canonical_bytes(event)
        == (
            '{"age_policy":null,"app":null,"completed":false,"entity_id":"é","profile":"main",'
            '"progress_fraction":null,"progress_seconds":null,"watched_on":1}'
        ).encode()
    )


def test_structs_made_by_hand_are_checked() -> None:
    good = WatchEvent(entity_id="a", watched_on=1)
    assert checked(good) == good
    for bad in (
        WatchEvent(entity_id="", watched_on=1),
        WatchEvent(entity_id="\ud800", watched_on=1),
        WatchEvent(entity_id="a", watched_on=-1),
    ):
        with pytest.raises(MalformedMessage) as caught:
            checked(bad)
        assert isinstance(caught.value, EdgeAgentError)
        assert caught.value.hint


def test_the_hash_is_sha256() -> None:
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_what_is_exported_is_there_once() -> None:
    assert len(set(messages.__all__)) == len(messages.__all__)
    assert all(hasattr(messages, name) for name in messages.__all__)


@pytest.mark.parametrize("text", ["", "a\x00b", "\ud800", "x" * 65])
def test_a_text_of_a_caller_is_held_to_its_field(text: str) -> None:
    check = partial(checked_text, kind=ProfileName, name="name of a profile", allowed="1 to 64")
    assert check("Ada") == "Ada"
    with pytest.raises(MalformedMessage, match="is not a valid name of a profile") as caught:
        check(text)
    assert caught.value.hint == "1 to 64"
