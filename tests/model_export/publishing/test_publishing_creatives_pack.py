"""``model-export creatives pack``: what a person wrote becomes what is signed, or is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edgeagent.clock import iso_utc
from edgeagent.messages import canonical_bytes, sha256_hex
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.creatives import decode_creatives
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from model_export.cli import main
from model_export.publishing.creatives_pack import pack_creatives
from server_stub.distribution.creatives import read_creatives
from tests.server_stub.loopback import make_manifest

STARTS = 1_796_083_200
Written = Callable[..., Path]


def entry(crid: str, **fields: Any) -> dict[str, Any]:
    """Return a creative as a person writes it."""
    return {
        "crid": crid,
        "kind": "promo",
        "advertiser": "house",
        "cat": "series",
        "title": f"The {crid}",
        "placement": "home",
        "asset": f"{crid}.jpg",
        "age_rating": 0,
        "starts_at": iso_utc(STARTS),
        "ends_at": "2027-01-01T01:00:00+01:00",
        "licence": "our own",
    } | fields


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(*entries: object, **fields: object) -> Path:
        path = tmp_path / "creatives.json"
        path.write_text(json.dumps({"creatives": entries} | fields, indent=2))
        for each in entries:
            if isinstance(each, dict):
                (tmp_path / f"{each['crid']}.jpg").write_bytes(picture_of(each["crid"]))
        return path

    return write


def pack(path: Path, *more: str) -> Result:
    words = ["creatives", "pack", str(path), "--out", str(path.parent / "pack"), *more]
    return CliRunner().invoke(main, words)


def test_what_a_publisher_reads_is_what_a_person_wrote(written: Written) -> None:
    path = written(entry("a"), entry("b"), issued_at=5)
    result = pack(path)
    assert result.exit_code == 0, result.output
    assert "2 creatives, no faults\nnext: server-stub repo publish-creatives" in result.stdout
    packed = read_creatives(path.parent / "pack")
    a, b = packed.catalogue.creatives
    assert (a.crid, b.crid) == ("a", "b")
    assert (a.starts_at, a.ends_at) == (STARTS, 1_798_761_600)
    assert packed.files == {each.asset.path: picture_of(each.crid) for each in (a, b)}
    assert (packed.catalogue.format, packed.catalogue.issued_at) == (1, 5)
    first = {each.name: each.read_bytes() for each in (path.parent / "pack").iterdir()}
    printed = json.loads(pack(path, "--json").stdout)
    assert printed["files"].keys() == first.keys()
    assert first == {each.name: each.read_bytes() for each in (path.parent / "pack").iterdir()}


def test_a_pack_can_be_packed_again(written: Written) -> None:
    assert pack(written(entry("a"), issued_at=5)).exit_code == 0
    first = written().parent / "pack" / "catalogue.json"
    again = pack(first)
    assert again.exit_code == 0, again.output
    assert (first.parent / "pack" / "catalogue.json").read_bytes() == first.read_bytes()
    read_creatives(first.parent / "pack")


def test_time_and_model_may_be_left_to_it(written: Written) -> None:
    path = written(entry("a", suits={"segments": [0, 1]}))
    packed = pack_creatives(path, now=7, manifest=make_manifest())
    assert packed.faults == []
    catalogue = decode_creatives(packed.files["catalogue.json"])
    assert (catalogue.issued_at, catalogue.space_id) == (7, "0" * 16)
    stated = pack_creatives(written(entry("a"), space_id="f" * 16), now=7, manifest=make_manifest())
    assert [fault.field for fault in stated.faults] == ["space_id"]


def test_every_fault_is_named_and_nothing_is_written(written: Written, tmp_path: Path) -> None:
    (tmp_path / "big.jpg").write_bytes(picture_of("big") + bytes(CREATIVE_FILE_CAP_BYTES))
    (tmp_path / "drawing.jpg").write_bytes(b"<svg onload='x'>")
    path = written(
        entry("up", asset="../creatives.json"),
        entry("absolute", asset="/etc/passwd"),
        entry("gone", asset="nowhere.jpg"),
        entry("large", asset="big.jpg"),
        entry("drawn", asset="drawing.jpg"),
        entry("late", starts_at="2026-12-01"),
        entry("linked", ClickThrough="https://a.example"),
        entry("numbered", asset=7),
        "no entry",
        entry("twice"),
        entry("twice"),
    )
    result = pack(path)
    assert result.exit_code == 3
    for said in (
        "'up', asset: '../creatives.json' is no name of a file; put it into",
        "'absolute', asset: '/etc/passwd' is no name of a file",
        "'gone', asset: ",
        "nowhere.jpg: No such file",
        "big.jpg: more than 262144 bytes; put a file of 262144 bytes at most there",
        "drawing.jpg is none of image/jpeg, image/png",
        "'late', fields: Expected `int`, got `str` - at `$.starts_at`",
        "'linked', fields: Object contains unknown field `ClickThrough`",
        "'numbered', fields: Expected `object`, got `int` - at `$.asset`",
        "fields: Expected `object`, got `str`",
        "'twice', crid: named twice",
    ):
        assert said in result.stdout, said
    assert "10 faults in 11 creatives" in result.stderr
    assert not (tmp_path / "pack").exists()
    assert len(json.loads(pack(path, "--json").stdout)["faults"]) == 10


def test_a_described_file_has_to_be_beside_it(tmp_path: Path) -> None:
    creative = some_creative("a", starts_at=STARTS)
    path = tmp_path / "creatives.json"
    path.write_bytes(canonical_bytes(some_catalogue(creative)))
    assert "'a', asset: " in pack(path).stdout
    name = f"{sha256_hex(picture_of('a'))}.jpg"
    (tmp_path / name).write_bytes(picture_of("a"))
    assert pack(path).exit_code == 0
    assert (tmp_path / "pack" / name).read_bytes() == picture_of("a")


def test_a_directory_that_cannot_be_written(written: Written, tmp_path: Path) -> None:
    path = written(entry("a"))
    (tmp_path / "pack" / "catalogue.json").mkdir(parents=True)
    result = pack(path)
    assert result.exit_code != 0
    assert "pack cannot be written" in result.stderr


def test_what_a_person_wrote_is_checked_without_writing_anything(written: Written) -> None:
    path = written(entry("a"), entry("b", title="see https://x.example"))
    (path.parent / "a.jpg").unlink()
    before = {each.name for each in path.parent.iterdir()}
    result = CliRunner().invoke(main, ["creatives", "check", str(path)])
    assert result.exit_code == 3
    assert "creative 'a', asset: " in result.output
    assert "'b', fields: Expected `str` of one line, not empty, without any add" in result.output
    good = CliRunner().invoke(main, ["creatives", "check", str(written(entry("a")))])
    assert (good.exit_code, good.output) == (0, "1 creative, no faults\n")
    assert {each.name for each in path.parent.iterdir()} == before | {"a.jpg"}
