"""``server-stub plan`` as people call it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from edgeagent.messages import canonical_bytes
from server_stub.aggregation.spool import Spool
from server_stub.aggregation.spool_writing import write_spool
from server_stub.cli import main
from server_stub.ingest.store import ReportStore
from tests.server_stub.loopback import make_report, make_repository, make_task
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
    assert f"{answer['share']:.1%} of the answers of reporting boxes" in in_words.stdout
    assert "the model: the target's titles are" in in_words.stdout


def test_a_plan_from_a_spool_is_that_from_its_store(place: Path, tmp_path: Path) -> None:
    write_spool(place / "r.db", Spool(tmp_path / "spool"), [make_task()])
    rest = ("--repository", str(place / "repository"), "--segment", "0")
    answers = [
        CliRunner().invoke(main, ["plan", "reach", *map(str, source), *rest]).stdout
        for source in (("--spool", tmp_path / "spool"), ("--store", place / "r.db"))
    ]
    assert answers[0] == answers[1]
    assert "From 5,000 reports" in answers[0]
    neither = CliRunner().invoke(main, ["plan", "reach", *rest])
    assert "one of --store and --spool is needed" in neither.stderr


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


def test_a_portrait_of_other_segments_is_refused(place: Path, tmp_path: Path) -> None:
    seven = tuple(
        msgspec.structs.replace(one, homes=one.homes[:7]) for one in portrait().segments[:7]
    )
    other = tmp_path / "seven.json"
    other.write_bytes(canonical_bytes(portrait(segments=seven)))
    result = plan(place, "reach", "--segment", 0, "--portrait", other)
    assert result.exit_code == 3
    assert "7 segments, subset_selection.9.3-1.226 counts 8" in result.stderr


def test_a_brief_in_words_as_json_and_as_a_page(place: Path, tmp_path: Path) -> None:
    words = ("brief", "Genre 1", "--portrait", place / "portrait.json")
    page = tmp_path / "brief.html"
    in_words, as_json = plan(place, *words, "--html", page), plan(place, *words, "--json")
    assert (in_words.exit_code, as_json.exit_code) == (0, 0), in_words.output
    answer = json.loads(as_json.stdout)
    assert answer["titles"] == ["A Film", "Another <b>"]
    assert (answer["cohesion"], answer["own_part"]) == (0.4, 0.5)
    assert "Comedy 60% (× 2.0)" in in_words.stdout
    assert f"{answer['share']:.1%} of the answers of reporting boxes" in in_words.stdout
    html = page.read_text("utf-8")
    assert "Another &lt;b&gt;" in html
    assert "<b>" not in html
    assert all(unknown in in_words.stdout for unknown in answer["unknown"])


def test_a_brief_needs_a_portrait_and_a_place_for_its_page(place: Path, tmp_path: Path) -> None:
    assert "Missing option '--portrait'" in plan(place, "brief", "1").stderr
    assert (
        "[required]"
        in CliRunner().invoke(main, ["plan", "brief", "--help"]).output.partition("--portrait")[2]
    )
    nowhere = plan(place, "brief", "1", "--html", tmp_path / "no" / "where.html")
    assert nowhere.exit_code == 11


def test_a_line_up_in_words_and_as_json(place: Path, tmp_path: Path) -> None:
    appeals = ",".join(f"appeal_{n}" for n in range(8))
    (tmp_path / "c.csv").write_text(
        f"entity_id,title,genre,age_rating,space_id,{appeals}\n"
        f"a,Anna,Comedy,0,{'0' * 16}{',0.02' * 8}\n"
        f"b,Bert,Horror,16,{'0' * 16}{',0.03' * 8}\n"
    )
    (tmp_path / "s.csv").write_text("slot,max_age\nearly,12\nlate,\n")
    words = ("schedule", "--candidates", tmp_path / "c.csv", "--slots", tmp_path / "s.csv")
    in_words, as_json = plan(place, *words), plan(place, *words, "--json")
    assert (in_words.exit_code, as_json.exit_code) == (0, 0), in_words.output
    answer = json.loads(as_json.stdout)
    assert [one["chosen"]["title"] for one in answer["line_up"]] == ["Anna", "Bert"]
    assert "early: Anna" in in_words.stdout
    assert "What is not known:" in in_words.stdout
    too_many = plan(place, *words, "--variety", 3)
    assert too_many.exit_code == 3
    assert "variety: 3 genres are asked for, at most 2 can be had" in too_many.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_page_that_cannot_be_written_is_an_error(place: Path) -> None:
    words = ("brief", "1", "--portrait", place / "portrait.json", "--html", "/dev/full")
    assert plan(place, *words).exit_code == 11
