"""``server-stub plan`` as people call it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeagent.messages import canonical_bytes
from server_stub.cli import main
from server_stub.ingest.store import ReportStore
from tests.server_stub.loopback import make_report, make_repository
from tests.server_stub.planning.audiences import portrait


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository, and a store of as many reports as a plan takes."""
    directory = tmp_path_factory.mktemp("plan")
    make_repository(directory / "repository")
    with closing(ReportStore(directory / "r.db")) as store:
        store.add([make_report(number) for number in range(5000)])
    (directory / "portrait.json").write_bytes(canonical_bytes(portrait()))
    return directory


def plan(place: Path, *words: object) -> Result:
    command, *rest = words
    where = ("--store", place / "r.db", "--repository", place / "repository")
    return CliRunner().invoke(main, ["plan", *map(str, (command, *where, *rest))])


def test_reach_in_words_and_as_json(place: Path) -> None:
    words = ("reach", "--segment", "Genre 0", "--segment", 2, "--portrait", place / "portrait.json")
    in_words, as_json = plan(place, *words), plan(place, *words, "--json")
    assert (in_words.exit_code, as_json.exit_code) == (0, 0), in_words.output
    answer = json.loads(as_json.stdout)
    assert answer["segments"] == ["Genre 0", "Genre 2"]
    assert answer["low"] < answer["share"] < answer["high"]
    assert f"{answer['share']:.1%} of the viewing sessions" in in_words.stdout
    assert "the model: the target's titles are" in in_words.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "name the target with --segment or --iab"),
        (("--segment", "9"), 3, "no segment is called '9'"),
        (("--segment", "0", "--portrait", "/nowhere"), 3, "/nowhere: No such file"),
        (("--segment", "0", "--portrait", __file__), 3, "make it with 'model-export portray'"),
        (("--segment", "0", "--week", "7"), 3, "for week 7"),
    ],
)
def test_bad_input_of_reach_is_said_in_a_line(
    place: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    result = plan(place, "reach", *words)
    assert (result.exit_code, said in result.stderr, "Traceback" in result.stderr) == (
        *(code, True, False),
    )


def test_a_portrait_of_another_model_is_refused(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(canonical_bytes(portrait(space_id="f" * 16)))
    result = plan(place, "reach", "--segment", 0, "--portrait", other)
    assert result.exit_code == 3
    assert "space_id ffffffffffffffff, the segments of" in result.stderr
